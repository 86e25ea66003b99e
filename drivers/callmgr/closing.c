/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "callmgr_priv.h"
#include "uni/clearing.h"

/* What goes with the end of a call or party: between the client's octets and call control. */

#define CODED 0x80u /* in octet 1: elements follow */

static bool
is_coded(struct co_data data)
{
	return data.size > 0 && (data.octets[0] & CODED) != 0;
}

static struct uni_elements
elements_of(struct co_data data)
{
	return (struct uni_elements){ data.octets + 1, data.size - 1 };
}

static int
read_coded(struct co_data data, struct uni_release *out)
{
	const struct uni_elements elements = elements_of(data);
	uint8_t cause = data.octets[0] & 0x7f;

	if (uni_clearing_decode(out, &elements) < 0)
		return -EINVAL;
	if (out->cause == 0) /* none among them: ours, as in the other form */
		out->cause = cause != 0 ? cause : (uint8_t)UNI_CAUSE_NORMAL;
	else if (cause != out->cause)
		return -EINVAL;
	return 0;
}

int
callmgr_data_read(struct co_data data, struct uni_release *out)
{
	*out = (struct uni_release){ .label = UNI_LABEL_NONE, .cause = UNI_CAUSE_NORMAL };
	if (data.size == 0)
		return 0;
	if (is_coded(data))
		return read_coded(data, out);
	if (data.size > 1 + UNI_MAX_UU)
		return -EINVAL;
	if (data.octets[0] != 0)
		out->cause = data.octets[0];
	if (data.size > 1) {
		out->uu = data.octets + 1;
		out->uu_len = data.size - 1;
	}
	return 0;
}

struct co_data
callmgr_data_write(const struct uni_release *release, uint8_t *octets)
{
	octets[0] = (uint8_t)(CODED | release->cause);
	return (struct co_data){ octets, 1 + uni_clearing_encode(octets + 1, release) };
}

bool
cm_data_read(const struct callmgr *cm, struct co_data data, uint8_t *cause)
{
	struct uni_release release;

	if (cm->no_close_data)
		return false; /* CLOSE-11, DROP-8 */
	if (callmgr_data_read(data, &release) < 0)
		return false; /* SIG-117 */
	if ((data.octets[0] & 0x7f) != 0)
		*cause = release.cause;
	return true;
}

int
cm_net_close(const struct callmgr *cm, uni_call_t call, uint8_t cause, struct co_data data)
{
	struct uni *uni = cm->env->uni;
	struct uni_elements elements;

	if (!is_coded(data))
		return uni_call_close(uni, call, cause, data.size > 1 ? data.octets + 1 : NULL,
			data.size > 1 ? data.size - 1 : 0, cm->env->now_ns);
	elements = elements_of(data);
	return uni_call_close_with(uni, call, cause, &elements, cm->env->now_ns);
}

int
cm_net_drop(const struct callmgr *cm, uni_party_t party, uint8_t cause, struct co_data data)
{
	struct uni *uni = cm->env->uni;
	struct uni_elements elements;

	if (!is_coded(data))
		return uni_party_drop(uni, party, cause, data.size > 1 ? data.octets + 1 : NULL,
			data.size > 1 ? data.size - 1 : 0, cm->env->now_ns);
	elements = elements_of(data);
	return uni_party_drop_with(uni, party, cause, &elements, cm->env->now_ns);
}

/* ---- What goes with answers. ---- */

void
cm_enclose(struct callmgr *cm, const struct cm_vc *v, enum uni_answer_kind kind,
	const struct co_call_params *params)
{
	struct uni_elements elements;
	int err;

	if (params == NULL || params->elements == NULL)
		return;
	elements = (struct uni_elements){ params->elements, params->elements_size };
	if (v->flags & CM_F_LEAF)
		err = uni_party_enclose(cm->env->uni, v->party, kind, &elements, cm->env->now_ns);
	else
		err = uni_call_enclose(cm->env->uni, v->call, kind, &elements, cm->env->now_ns);
	if (err != 0)
		cm->env->n_without_elements++;
}

void
cm_answer_keep(struct callmgr_env *env, struct cm_vc *v, const struct uni_elements *came)
{
	struct cm_answer *answer;

	cm_answer_drop(env, v);
	if (came->len == 0)
		return;
	if (came->len <= sizeof(answer->octets))
		v->offer = cp_pool_get(&env->answers);
	answer = cp_pool_at(&env->answers, v->offer);
	if (answer == NULL) {
		env->n_without_elements++;
		return;
	}
	answer->len = came->len;
	memcpy(answer->octets, came->octets, came->len);
}

void
cm_answer_keep_end(struct callmgr_env *env, struct cm_vc *v, const struct uni_release *release)
{
	uint8_t octets[UNI_MAX_CLEARING];
	const struct uni_elements came = { octets, uni_clearing_encode(octets, release) };

	cm_answer_keep(env, v, &came);
}

void
cm_answer_drop(struct callmgr_env *env, struct cm_vc *v)
{
	if (v->offer != CP_HANDLE_NONE)
		cp_pool_put(&env->answers, v->offer);
	v->offer = CP_HANDLE_NONE;
}

void
cm_params_set_came(struct co_call_params *params, const struct uni_elements *came)
{
	params->elements = came->octets;
	params->elements_size = came->len;
}
