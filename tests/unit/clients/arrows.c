/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct arrows arrows;

void
arrows_note(const struct co *co)
{
	arrows = (struct arrows){ .co = co, .callmgr = arrows.callmgr, .client = arrows.client };
}

static enum co_status
note(const struct co *co, char letter, enum co_status status)
{
	if (co != arrows.co)
		return status;
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING) {
		arrows.n_refused += letter == 'd' || letter == 'c';
		return status;
	}
	assert_true(arrows.n < ARROWS_MAX - 1);
	arrows.text[arrows.n++] = letter;
	return status;
}

enum co_status __real_co_cl_drop_party(struct co *co, co_party_t party, struct co_data data);
enum co_status __wrap_co_cl_drop_party(struct co *co, co_party_t party, struct co_data data);

enum co_status
__wrap_co_cl_drop_party(struct co *co, co_party_t party, struct co_data data)
{
	arrows.n_with_data += co == arrows.co && data.size > 0;
	return note(co, 'd', __real_co_cl_drop_party(co, party, data));
}

enum co_status __real_co_cl_close_call(
	struct co *co, co_vc_t vc, co_party_t party, struct co_data data);
enum co_status __wrap_co_cl_close_call(
	struct co *co, co_vc_t vc, co_party_t party, struct co_data data);

enum co_status
__wrap_co_cl_close_call(struct co *co, co_vc_t vc, co_party_t party, struct co_data data)
{
	arrows.n_with_data += co == arrows.co && data.size > 0;
	return note(co, 'c', __real_co_cl_close_call(co, vc, party, data));
}

enum co_status __real_co_delete_vc(struct co *co, co_binding_t binding, co_vc_t vc);
enum co_status __wrap_co_delete_vc(struct co *co, co_binding_t binding, co_vc_t vc);

enum co_status
__wrap_co_delete_vc(struct co *co, co_binding_t binding, co_vc_t vc)
{
	enum co_status status = __real_co_delete_vc(co, binding, vc);

	return binding == arrows.client ? note(co, 'v', status) : status;
}

enum co_status __real_co_cl_register_sap(struct co *co, co_af_t af,
	const struct co_address *address, co_ctx_t sap_ctx, co_sap_t *sap);
enum co_status __wrap_co_cl_register_sap(struct co *co, co_af_t af,
	const struct co_address *address, co_ctx_t sap_ctx, co_sap_t *sap);

enum co_status
__wrap_co_cl_register_sap(struct co *co, co_af_t af, const struct co_address *address,
	co_ctx_t sap_ctx, co_sap_t *sap)
{
	arrows.n_registered += co == arrows.co;
	return __real_co_cl_register_sap(co, af, address, sap_ctx, sap);
}

enum co_status __real_co_cl_deregister_sap(struct co *co, co_sap_t sap);
enum co_status __wrap_co_cl_deregister_sap(struct co *co, co_sap_t sap);

enum co_status
__wrap_co_cl_deregister_sap(struct co *co, co_sap_t sap)
{
	return note(co, 's', __real_co_cl_deregister_sap(co, sap));
}

enum co_status __real_co_cl_open_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type, co_ctx_t af_ctx, co_af_t *af);
enum co_status __wrap_co_cl_open_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type, co_ctx_t af_ctx, co_af_t *af);

enum co_status
__wrap_co_cl_open_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type, co_ctx_t af_ctx, co_af_t *af)
{
	arrows.client = binding;
	return __real_co_cl_open_address_family(co, binding, type, af_ctx, af);
}

enum co_status __real_co_cl_close_address_family(struct co *co, co_af_t af);
enum co_status __wrap_co_cl_close_address_family(struct co *co, co_af_t af);

enum co_status
__wrap_co_cl_close_address_family(struct co *co, co_af_t af)
{
	return note(co, 'a', __real_co_cl_close_address_family(co, af));
}

enum co_status __real_co_cl_notify_close_address_family_complete(
	struct co *co, co_af_t af, enum co_status status);
enum co_status __wrap_co_cl_notify_close_address_family_complete(
	struct co *co, co_af_t af, enum co_status status);

/* Noted before: the call manager goes on inside. */
enum co_status
__wrap_co_cl_notify_close_address_family_complete(struct co *co, co_af_t af, enum co_status status)
{
	note(co, 'n', CO_STATUS_SUCCESS);
	return __real_co_cl_notify_close_address_family_complete(co, af, status);
}

enum co_status __real_co_close_adapter(struct co *co, co_binding_t binding);
enum co_status __wrap_co_close_adapter(struct co *co, co_binding_t binding);

enum co_status
__wrap_co_close_adapter(struct co *co, co_binding_t binding)
{
	enum co_status status = __real_co_close_adapter(co, binding);

	return binding == arrows.client ? note(co, 'u', status) : status;
}

enum co_status __real_co_cm_register_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);
enum co_status __wrap_co_cm_register_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);

enum co_status
__wrap_co_cm_register_address_family(struct co *co, co_binding_t binding, enum co_af_type type)
{
	arrows.callmgr = binding;
	return __real_co_cm_register_address_family(co, binding, type);
}
