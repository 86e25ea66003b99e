/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

#include <stdlib.h>
#include <string.h>

/*
 * What the model's parties ask of the broker about VCs. Each request is made as it comes, legal or
 * not; the reference says what it gets. Here: what all of these share, creation and deletion.
 */

/* ---- What all have. ---- */

enum co_status
any_final(struct model *m)
{
	static const enum co_status errors[] = { CO_STATUS_FAILURE, CO_STATUS_RESOURCES,
		CO_STATUS_INVALID_DATA, CO_STATUS_NOT_SUPPORTED };

	return m->draining || !one_in(m, 4) ? CO_STATUS_SUCCESS : errors[pick(m, 4)];
}

enum co_status
any_answer(struct model *m)
{
	return !m->draining && one_in(m, 2) ? CO_STATUS_PENDING : any_final(m);
}

/* Now and then what may not be. */
enum co_status
any_completion(struct model *m)
{
	return !m->draining && one_in(m, 24) ? CO_STATUS_PENDING : any_final(m);
}

bool
is_live(struct model *m, const struct mvc *v)
{
	if (v->alive && !v->unsettled)
		return true;
	m->stats->n_stale++;
	return false;
}

void
expect_of(struct model *m, const struct mvc *v, const char *what, enum co_status status,
	enum co_status expected)
{
	model_say(m, "= %s slot %u: %s", what, slot_index(m, v), co_status_name(status));
	EXPECT(m, status == expected, "%s about slot %u got %s, not %s", what, slot_index(m, v),
		co_status_name(status), co_status_name(expected));
}

static struct event *
event_of(struct mvc *v, const struct frame *frame)
{
	uint32_t i;

	for (i = 0; i < v->client.n; i++)
		if (v->client.events[i].frame == frame)
			return &v->client.events[i];
	for (i = 0; i < v->cm.n; i++)
		if (v->cm.events[i].frame == frame)
			return &v->cm.events[i];
	return NULL;
}

/*
 * A request that finds its party free is told at once, and returns what that answers. One that has
 * to wait returns PENDING, whenever it is told.
 */
struct frame *
direct(struct frame *frame, bool waits)
{
	return waits ? NULL : frame;
}

enum co_status
settled(struct model *m, const struct mvc *v, const struct frame *frame, bool waits,
	const char *what)
{
	m->stats->n_deferred += waits;
	EXPECT(m, waits || frame->ran, "%s about slot %u did not reach the call manager", what,
		slot_index(m, v));
	return waits ? CO_STATUS_PENDING : frame->answer;
}

/* The same for the client: far up the stack it is put off. Then the event, which waits now. */
struct event *
deferred(struct model *m, struct mvc *v, const struct frame *frame, bool waits, const char *what)
{
	struct event *e;

	m->stats->n_deferred += waits || !frame->ran;
	if (waits || frame->ran)
		return NULL;
	e = event_of(v, frame);
	EXPECT(m, m->nesting >= DEEP && e != NULL, "%s about slot %u did not reach the client",
		what, slot_index(m, v));
	e->frame = NULL;
	return e;
}

enum co_status
answer_of(const struct frame *frame)
{
	return frame->ran ? frame->answer : CO_STATUS_PENDING;
}

/* Call managers ask by the family that is theirs, and now and then by the other (OBJ-9). */
bool
wrong_family(struct model *m)
{
	return !m->draining && one_in(m, 40);
}

/* What is refused before anything is looked at. */
enum co_status
at_the_door(struct model *m, const struct mvc *v, bool wrong)
{
	if (!is_live(m, v))
		return CO_STATUS_FAILURE;
	return wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
}

struct mdata
any_data(struct model *m)
{
	static const uint16_t sizes[] = { 0, 0, 1, 40, CO_CLOSE_DATA_MAX, CO_CLOSE_DATA_MAX + 1 };

	return (struct mdata){ .size = sizes[pick(m, 6)], .fill = (uint8_t)pick(m, 4) };
}

/* Octets that outlive every request. */
struct co_data
octets_of(struct mdata data)
{
	static uint8_t blocks[4][CO_CLOSE_DATA_MAX + 1];

	memset(blocks[data.fill], data.fill, sizeof(blocks[0]));
	return (struct co_data){ data.size > 0 ? blocks[data.fill] : NULL, data.size };
}

/* On the heap, and gone when the request that took it returns (ASYNC-11). */
struct co_data
dying_octets(struct mdata data)
{
	uint8_t *octets = data.size > 0 ? malloc(data.size) : NULL;

	if (octets != NULL)
		memset(octets, data.fill, data.size);
	return (struct co_data){ octets, octets != NULL ? data.size : 0 };
}

void
free_octets(struct co_data data)
{
	free((void *)(uintptr_t)data.octets);
}

/* Any party that there is, or was. */
struct mparty *
any_party(struct model *m, struct mvc *v)
{
	uint32_t i, n, which = pick(m, N_PARTIES);

	for (n = 0; n < N_PARTIES; n++) {
		i = (which + n) % N_PARTIES;
		if (v->parties[i].used)
			return &v->parties[i];
	}
	return &v->parties[which];
}

bool
is_live_party(struct model *m, const struct mvc *v, const struct mparty *p)
{
	if (v->alive && p->used && !p->is_void && p->handle != CO_NONE)
		return true;
	m->stats->n_stale++;
	return false;
}

/* ---- Creating and deleting. ---- */

static void
begin_vc(struct model *m, struct mvc *v, bool by_client, bool signalling)
{
	uint32_t life = v->life + 1;
	co_vc_t before = v->vc;

	memset(v, 0, sizeof(*v));
	v->vc = before;
	v->life = life;
	v->unsettled = true;
	v->by_client = by_client;
	v->signalling = signalling;
	v->af = pick(m, N_AFS);
	v->closing = -1;
	v->window = UINT32_MAX;
	v->settled = CO_STATUS_SUCCESS;
}

static uint32_t
n_vcs(const struct model *m)
{
	uint32_t i, n = 0;

	for (i = 0; i < N_SLOTS; i++)
		n += m->slots[i].alive || m->slots[i].unsettled;
	return n;
}

static enum co_status
create_vc(struct model *m, const struct mvc *v, co_ctx_t ctx, co_vc_t *vc)
{
	co_af_t af = v->signalling ? CO_NONE : af_handle(&m->afs[v->af]);

	if (v->by_client)
		return co_create_vc(m->co, m->client_binding, af, ctx, vc);
	if (m->mcm)
		return co_mcm_create_vc(m->co, m->adapter, af, ctx | CM_MARK, vc);
	return co_create_vc(m->co, m->cm_binding, af, ctx | CM_MARK, vc);
}

static void
create(struct model *m, struct mvc *v, bool by_client, bool signalling)
{
	struct mvc *outer = m->creating;
	enum co_status status, expected = CO_STATUS_SUCCESS;
	co_vc_t vc = CO_NONE;
	struct maf *af;

	if (v->alive || v->unsettled || (signalling && m->mcm) || m->draining)
		return;
	if (n_vcs(m) >= LIMIT_VCS)
		expected = CO_STATUS_RESOURCES;
	begin_vc(m, v, by_client, signalling);
	af = &m->afs[v->af];
	if (!signalling && af->state != AF_OPEN)
		expected = CO_STATUS_FAILURE;
	af->n_vcs += !signalling && expected == CO_STATUS_SUCCESS;
	m->creating = v;
	status = create_vc(m, v, vc_ctx(m, v), &vc);
	m->creating = outer;
	if (expected == CO_STATUS_SUCCESS) {
		expected = v->settled;
		af->n_vcs -= !signalling && expected != CO_STATUS_SUCCESS;
	}
	v->unsettled = false;
	v->alive = status == CO_STATUS_SUCCESS;
	expect_of(m, v, "create_vc", status, expected);
	EXPECT(m, !v->alive || vc == v->vc, "create_vc gave another handle than it told");
	EXPECT(m, !v->undone, "the peer was not told that the VC is taken back"); /* VC-4 */
}

void
do_create_by_client(struct model *m, struct mvc *v)
{
	create(m, v, true, false);
}

void
do_create_by_cm(struct model *m, struct mvc *v)
{
	create(m, v, false, false);
}

void
do_create_signalling(struct model *m, struct mvc *v)
{
	create(m, v, false, true);
}

static enum co_status
delete_vc(struct model *m, const struct mvc *v, bool by_client)
{
	if (by_client)
		return co_delete_vc(m->co, m->client_binding, v->vc);
	return m->mcm ? co_mcm_delete_vc(m->co, m->adapter, v->vc)
		      : co_delete_vc(m->co, m->cm_binding, v->vc);
}

static void
delete_as(struct model *m, struct mvc *v, bool by_client)
{
	enum co_status status, expected = at_the_door(m, v, false);
	uint32_t life = v->life;

	if (expected == CO_STATUS_SUCCESS) {
		expected = by_client == v->by_client ? ref_may_delete(v) : CO_STATUS_NOT_ACCEPTED;
		cover(m, COVER_VC, v->vc_state, CV_DELETE, expected == CO_STATUS_SUCCESS);
	}
	if (expected != CO_STATUS_SUCCESS) {
		expect_of(m, v, "delete_vc", delete_vc(m, v, by_client), expected);
		return;
	}
	v->unsettled = true;
	v->settled = CO_STATUS_SUCCESS;
	v->peer_agreed = false;
	status = delete_vc(m, v, by_client);
	EXPECT(m, v->life == life && v->alive, "a VC was deleted inside its delete_vc");
	expect_of(m, v, "delete_vc", status, v->settled);
	EXPECT(m, v->signalling || v->peer_agreed == (status == CO_STATUS_SUCCESS),
		"a VC was deleted without its peer");
	v->unsettled = false;
	if (status != CO_STATUS_SUCCESS)
		return;
	v->alive = false;
	m->afs[v->af].n_vcs -= !v->signalling;
}

void
do_delete_by_creator(struct model *m, struct mvc *v)
{
	delete_as(m, v, v->by_client);
}

void
do_delete_by_the_other(struct model *m, struct mvc *v)
{
	delete_as(m, v, !v->by_client);
}
