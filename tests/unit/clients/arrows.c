/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_BROKERS 8

struct arrows arrows;

static struct seen {
	const struct co *co;
	co_binding_t callmgr, client;
} seen[MAX_BROKERS];
static uint32_t n_seen;

void
arrows_note(const struct co *co)
{
	arrows = (struct arrows){ .co = co };
}

/* Brokers of earlier tests are overwritten: those of one test are fewer than this holds. */
static struct seen *
seen_of(const struct co *co)
{
	struct seen *s;
	uint32_t i;

	for (i = 0; i < MAX_BROKERS; i++)
		if (seen[i].co == co)
			return &seen[i];
	s = &seen[n_seen++ % MAX_BROKERS];
	*s = (struct seen){ .co = co };
	return s;
}

co_binding_t
arrows_callmgr_of(const struct co *co)
{
	return seen_of(co)->callmgr;
}

co_binding_t
arrows_client_of(const struct co *co)
{
	return seen_of(co)->client;
}

uint32_t
arrows_count(char letter)
{
	uint32_t i, n = 0;

	for (i = 0; i < arrows.n; i++)
		n += arrows.text[i] == letter;
	return n;
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

	return binding == seen_of(co)->client ? note(co, 'v', status) : status;
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
	seen_of(co)->client = binding;
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

	return binding == seen_of(co)->client ? note(co, 'u', status) : status;
}

enum co_status __real_co_cm_register_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);
enum co_status __wrap_co_cm_register_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);

enum co_status
__wrap_co_cm_register_address_family(struct co *co, co_binding_t binding, enum co_af_type type)
{
	seen_of(co)->callmgr = binding;
	return __real_co_cm_register_address_family(co, binding, type);
}
