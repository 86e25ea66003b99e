/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

/*
 * Address families and SAPs (2.5): requests, handlers and the reference, which is small here:
 * nothing waits but for its one answer.
 */

/* A well-formed handle that nobody has. */
#define NOBODY (CP_HANDLE_GENERATION | 0x3ffffeu)

co_af_t
af_handle(const struct maf *a)
{
	return a->state != AF_NONE ? a->af : NOBODY;
}

static co_sap_t
sap_handle(const struct msap *s)
{
	return s->state != SAP_NONE ? s->sap : NOBODY;
}

void
expect_status(struct model *m, const char *what, enum co_status status, enum co_status expected)
{
	model_say(m, "= %s: %s", what, co_status_name(status));
	EXPECT(m, status == expected, "%s got %s, not %s", what, co_status_name(status),
		co_status_name(expected));
}

void
model_inside(struct model *m, const char *what)
{
	model_say(m, "> %s", what);
	m->nesting++;
	m->stats->n_handlers++;
	model_meanwhile(m);
	m->nesting--;
}

/* ---- Opening. ---- */

static struct maf *
af_of(struct model *m, co_ctx_t ctx, const char *who)
{
	ctx &= ~CM_MARK;
	EXPECT(m, ctx >= 1 && ctx <= N_AFS, "%s has an AF that is nobody's", who);
	return &m->afs[ctx - 1];
}

void
do_open_af(struct model *m, uint32_t arg)
{
	uint32_t i = arg % N_AFS;
	struct maf *a = &m->afs[i];
	enum co_status status;
	co_af_t af = CO_NONE;

	if (a->state != AF_NONE || m->draining)
		return;
	*a = (struct maf){ .state = AF_OPENING, .life = a->life + 1 };
	status = co_cl_open_address_family(
		m->co, m->client_binding, i == 0 ? CO_AF_Q2931 : CO_AF_LOCAL, i + 1, &af);
	expect_status(m, "open_address_family", status, a->answer);
	EXPECT(m, status != CO_STATUS_SUCCESS || af == a->af, "another handle than was told");
}

enum co_status
model_cm_open(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *ctx)
{
	struct model *m = arg;
	struct maf *a = &m->afs[type == CO_AF_Q2931 ? 0 : 1];
	enum co_status answer = any_answer(m);
	uint32_t life = a->life;

	EXPECT(m, a->state == AF_OPENING, "open_af that nobody asked for");
	a->af = af;
	*ctx = (co_ctx_t)(a - m->afs + 1) | CM_MARK;
	model_inside(m, "open_af");
	a->answer = CO_STATUS_PENDING;
	if (a->life != life || a->state != AF_OPENING || answer == CO_STATUS_PENDING)
		return answer;
	cover(m, COVER_AF, AF_OPENING, answer == CO_STATUS_SUCCESS ? CA_OPENED : CA_NOT_OPENED,
		true);
	a->state = answer == CO_STATUS_SUCCESS ? AF_OPEN : AF_NONE;
	a->answer = answer;
	return answer;
}

static void
tell_af(struct maf *a, enum co_status status)
{
	a->telling = true;
	a->telling_of = status;
}

/* AF-17 and its like: whoever is told of the end of something was to be told of that. */
static void
told_af(struct model *m, struct maf *a, enum co_status status, const char *who)
{
	EXPECT(m, a->telling && a->telling_of == status, "%s that nobody waits for", who);
	a->telling = false;
	model_inside(m, who);
}

void
do_opened_af(struct model *m, uint32_t arg)
{
	struct maf *a = &m->afs[arg % N_AFS];
	enum co_status status = any_completion(m), expected = CO_STATUS_NOT_ACCEPTED;
	bool wrong = wrong_family(m);
	co_af_t af = af_handle(a);
	co_ctx_t ctx = (co_ctx_t)(a - m->afs + 1) | CM_MARK;

	if (a->state == AF_OPENING && status != CO_STATUS_PENDING)
		expected = wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
	if (a->state != AF_NONE && status != CO_STATUS_PENDING && !wrong)
		cover(m, COVER_AF, a->state,
			status == CO_STATUS_SUCCESS ? CA_OPENED : CA_NOT_OPENED,
			expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		a->state = status == CO_STATUS_SUCCESS ? AF_OPEN : AF_NONE;
		tell_af(a, status);
	}
	expect_status(m, "open_address_family_complete",
		BY_FAMILY(m, wrong, open_address_family_complete, af, status, ctx), expected);
}

void
model_cl_opened(void *arg, co_ctx_t ctx, enum co_status status, co_af_t af)
{
	struct model *m = arg;
	struct maf *a = af_of(m, ctx, "open_af_complete");

	EXPECT(m, af == (status == CO_STATUS_SUCCESS ? a->af : CO_NONE),
		"open_af_complete has another handle"); /* AF-8 */
	told_af(m, a, status, "open_af_complete");
}

/* ---- Closing. ---- */

/* While the CM waits to hear of it the record stays. */
static void
closed(struct maf *a)
{
	a->state = a->ask == CO_AF_NOT_ASKED ? AF_NONE : AF_CLOSED;
}

void
do_close_af(struct model *m, uint32_t arg)
{
	struct maf *a = &m->afs[arg % N_AFS];
	bool may = a->state == AF_OPEN && a->n_vcs == 0 && a->n_saps == 0;
	enum co_status status;

	/* Rarely where it would succeed: most of what can be done needs an AF. */
	if (may && !m->draining && a->ask == CO_AF_NOT_ASKED && !one_in(m, 3))
		return;
	if (a->state != AF_NONE && (may || a->state != AF_OPEN))
		cover(m, COVER_AF, a->state, CA_CLOSE, may);
	a->answer = CO_STATUS_FAILURE;
	if (may)
		a->state = AF_CLOSING;
	else
		m->stats->n_stale += a->state == AF_NONE;
	status = co_cl_close_address_family(m->co, af_handle(a));
	expect_status(m, "close_address_family", status, a->answer);
}

enum co_status
model_cm_close_af(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct maf *a = af_of(m, ctx, "close_af");
	enum co_status answer = any_answer(m);
	uint32_t life = a->life;

	EXPECT(m, a->state == AF_CLOSING, "close_af that nobody asked for");
	model_inside(m, "close_af");
	a->answer = CO_STATUS_PENDING;
	if (a->life != life || a->state != AF_CLOSING || answer == CO_STATUS_PENDING)
		return answer;
	a->state = AF_OPEN; /* AF-13 */
	if (answer == CO_STATUS_SUCCESS)
		closed(a);
	a->answer = answer;
	return answer;
}

void
do_closed_af(struct model *m, uint32_t arg)
{
	struct maf *a = &m->afs[arg % N_AFS];
	enum co_status expected = CO_STATUS_NOT_ACCEPTED;
	bool wrong = wrong_family(m);
	co_af_t af = af_handle(a);

	if (a->state == AF_CLOSING)
		expected = wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
	if (a->state != AF_NONE && !wrong)
		cover(m, COVER_AF, a->state, CA_CLOSED, expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		closed(a);
		tell_af(a, CO_STATUS_SUCCESS);
	}
	expect_status(m, "close_address_family_complete",
		BY_FAMILY(m, wrong, close_address_family_complete, af), expected);
}

void
model_cl_closed_af(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;

	told_af(m, af_of(m, ctx, "close_af_complete"), status, "close_af_complete");
}

/* ---- The CM asks for it (AF-16 to 18). ---- */

static void
ask_ended(struct maf *a)
{
	a->ask = CO_AF_NOT_ASKED;
	if (a->state == AF_CLOSED)
		a->state = AF_NONE;
}

void
do_ask_af(struct model *m, uint32_t arg)
{
	struct maf *a = &m->afs[arg % N_AFS];
	enum co_status status, expected = CO_STATUS_SUCCESS;
	bool wrong = wrong_family(m);

	if (m->draining)
		return;
	if (a->state == AF_NONE)
		expected = CO_STATUS_FAILURE;
	else if (wrong)
		expected = CO_STATUS_NOT_SUPPORTED;
	else if (a->state != AF_OPEN || a->ask != CO_AF_NOT_ASKED)
		expected = CO_STATUS_NOT_ACCEPTED;
	if (a->state != AF_NONE && !wrong)
		cover(m, COVER_AF, a->state, CA_ASK, expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS)
		a->ask = CO_AF_ASKING;
	status = BY_FAMILY(m, wrong, notify_close_address_family, af_handle(a));
	expect_status(m, "notify_close_address_family", status,
		expected == CO_STATUS_SUCCESS ? a->answer : expected);
}

enum co_status
model_cl_notify_close(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct maf *a = af_of(m, ctx, "notify_close_af");
	enum co_status answer = any_answer(m), result;

	EXPECT(m, a->ask == CO_AF_ASKING && a->state == AF_OPEN,
		"notify_close_af that nobody asked for");
	model_inside(m, "notify_close_af");
	result = a->ask == CO_AF_ANSWERED ? a->telling_of : answer;
	if (a->ask != CO_AF_ANSWERED && result == CO_STATUS_PENDING) {
		a->ask = CO_AF_ASKED;
	} else {
		if (a->ask != CO_AF_ANSWERED && result == CO_STATUS_SUCCESS &&
			a->state != AF_CLOSED)
			result = CO_STATUS_FAILURE;
		ask_ended(a);
	}
	a->answer = result;
	return answer;
}

void
do_told_af(struct model *m, uint32_t arg)
{
	struct maf *a = &m->afs[arg % N_AFS];
	bool asked = a->ask == CO_AF_ASKING || a->ask == CO_AF_ASKED;
	enum co_status status = any_final(m), expected = CO_STATUS_NOT_ACCEPTED;
	co_af_t af = af_handle(a);

	if (a->state == AF_NONE)
		expected = CO_STATUS_FAILURE;
	else if (asked && a->state == AF_CLOSED)
		expected = CO_STATUS_SUCCESS;
	if (a->state != AF_NONE)
		cover(m, COVER_AF, a->state, CA_ANSWER, expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS && a->ask == CO_AF_ASKING) {
		a->ask = CO_AF_ANSWERED;
		a->telling_of = status;
	} else if (expected == CO_STATUS_SUCCESS) {
		ask_ended(a);
		tell_af(a, status);
	}
	expect_status(m, "notify_close_address_family_complete",
		co_cl_notify_close_address_family_complete(m->co, af, status), expected);
}

void
model_cm_notified(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;

	told_af(m, af_of(m, ctx, "notify_close_af_complete"), status, "notify_close_af_complete");
}

void
do_af_duties(struct model *m, uint32_t arg)
{
	const struct maf *a = &m->afs[arg % N_AFS];

	if (a->state == AF_OPENING)
		do_opened_af(m, arg);
	if (a->state == AF_OPEN && a->n_vcs == 0 && a->n_saps == 0)
		do_close_af(m, arg);
	if (a->state == AF_CLOSING)
		do_closed_af(m, arg);
	if (a->state == AF_CLOSED)
		do_told_af(m, arg);
}

/* ---- SAPs. ---- */

static struct msap *
sap_of(struct model *m, co_ctx_t ctx, const char *who)
{
	ctx &= ~CM_MARK;
	EXPECT(m, ctx >= 1 && ctx <= N_SAPS, "%s has a SAP that is nobody's", who);
	return &m->saps[ctx - 1];
}

static void
sap_gone(struct model *m, struct msap *s)
{
	s->state = SAP_NONE;
	m->afs[s->af].n_saps--;
}

static uint32_t
n_saps(const struct model *m)
{
	uint32_t i, n = 0;

	for (i = 0; i < N_SAPS; i++)
		n += m->saps[i].state != SAP_NONE;
	return n;
}

static enum co_status
may_register(const struct model *m, const struct maf *a)
{
	if (a->state != AF_OPEN)
		return CO_STATUS_FAILURE;
	return n_saps(m) < LIMIT_SAPS ? CO_STATUS_SUCCESS : CO_STATUS_RESOURCES;
}

/* An offer that waits keeps its SAP here, so that the client is asked in any case. */
static bool
is_wanted(const struct model *m, const struct msap *s)
{
	uint32_t i;

	for (i = 0; i < N_SLOTS; i++)
		if (m->slots[i].alive && ref_queued(&m->slots[i], EV_OFFER) &&
			&m->saps[m->slots[i].offer_sap] == s)
			return true;
	return false;
}

/* What the request comes to is in telling_of: its handler runs inside of it. */
void
do_register_sap(struct model *m, uint32_t arg)
{
	static const struct co_address address = {
		.type = CO_ADDRESS_E164, .len = 1, .octets = "1"
	};
	struct msap *s = &m->saps[arg % N_SAPS];
	uint32_t af = pick(m, N_AFS);
	enum co_status status, expected = may_register(m, &m->afs[af]);
	co_sap_t sap = CO_NONE;

	if (s->state != SAP_NONE || m->draining)
		return;
	if (expected == CO_STATUS_SUCCESS) {
		*s = (struct msap){ .state = SAP_REGISTERING, .af = af, .life = s->life + 1 };
		m->afs[af].n_saps++;
	}
	status = co_cl_register_sap(
		m->co, af_handle(&m->afs[af]), &address, (co_ctx_t)(s - m->saps + 1), &sap);
	expect_status(m, "register_sap", status,
		expected == CO_STATUS_SUCCESS ? s->telling_of : expected);
}

enum co_status
model_cm_sap(
	void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx)
{
	struct model *m = arg;
	enum co_status answer = any_answer(m);
	struct msap *s = NULL;
	uint32_t i, life;

	(void)address;
	for (i = 0; i < N_SAPS; i++)
		if (m->saps[i].state == SAP_REGISTERING && m->saps[i].sap == CO_NONE)
			s = &m->saps[i];
	EXPECT(m, s != NULL && af_of(m, af_ctx, "register_sap") == &m->afs[s->af],
		"register_sap that nobody asked for");
	s->sap = sap;
	life = s->life;
	*ctx = (co_ctx_t)(s - m->saps + 1) | CM_MARK;
	model_inside(m, "register_sap");
	s->telling_of = CO_STATUS_PENDING;
	if (s->life != life || s->state != SAP_REGISTERING || answer == CO_STATUS_PENDING)
		return answer;
	if (answer != CO_STATUS_SUCCESS && is_wanted(m, s))
		return CO_STATUS_PENDING;
	s->telling_of = answer;
	s->state = SAP_REGISTERED;
	if (answer != CO_STATUS_SUCCESS)
		sap_gone(m, s);
	return answer;
}

static void
tell_sap(struct msap *s, enum co_status status)
{
	s->telling = true;
	s->telling_of = status;
}

static void
told_sap(struct model *m, struct msap *s, enum co_status status, const char *who)
{
	EXPECT(m, s->telling && s->telling_of == status, "%s that nobody waits for", who);
	s->telling = false;
	model_inside(m, who);
}

void
do_registered_sap(struct model *m, uint32_t arg)
{
	struct msap *s = &m->saps[arg % N_SAPS];
	enum co_status status = any_completion(m), expected = CO_STATUS_NOT_ACCEPTED;
	co_ctx_t ctx = (co_ctx_t)(s - m->saps + 1) | CM_MARK;
	bool wrong = wrong_family(m);
	co_sap_t sap = sap_handle(s);

	if (s->state == SAP_REGISTERING && status != CO_STATUS_SUCCESS && is_wanted(m, s))
		return;
	if (s->state == SAP_REGISTERING && status != CO_STATUS_PENDING)
		expected = wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
	if (s->state != SAP_NONE && status != CO_STATUS_PENDING && !wrong)
		cover(m, COVER_SAP, s->state,
			status == CO_STATUS_SUCCESS ? CS_REGISTERED : CS_NOT_REGISTERED,
			expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		tell_sap(s, status);
		s->state = SAP_REGISTERED;
		if (status != CO_STATUS_SUCCESS)
			sap_gone(m, s);
	}
	expect_status(m, "register_sap_complete",
		BY_FAMILY(m, wrong, register_sap_complete, sap, status, ctx), expected);
}

void
model_cl_sap(void *arg, co_ctx_t ctx, enum co_status status, co_sap_t sap)
{
	struct model *m = arg;
	struct msap *s = sap_of(m, ctx, "register_sap_complete");

	EXPECT(m, sap == (status == CO_STATUS_SUCCESS ? s->sap : CO_NONE),
		"register_sap_complete has another handle");
	told_sap(m, s, status, "register_sap_complete");
}

void
do_deregister_sap(struct model *m, uint32_t arg)
{
	struct msap *s = &m->saps[arg % N_SAPS];
	enum co_status status, expected = CO_STATUS_FAILURE;
	bool may = s->state == SAP_REGISTERED && m->afs[s->af].state == AF_OPEN;

	if (s->state == SAP_REGISTERING)
		expected = CO_STATUS_NOT_ACCEPTED;
	if (s->state != SAP_NONE)
		cover(m, COVER_SAP, s->state, CS_DEREGISTER, may);
	if (may)
		s->state = SAP_DEREGISTERING;
	status = co_cl_deregister_sap(m->co, sap_handle(s));
	expect_status(m, "deregister_sap", status, may ? s->telling_of : expected);
}

enum co_status
model_cm_no_sap(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct msap *s = sap_of(m, ctx, "deregister_sap");
	enum co_status answer = any_answer(m);
	uint32_t life = s->life;

	EXPECT(m, s->state == SAP_DEREGISTERING, "deregister_sap that nobody asked for");
	model_inside(m, "deregister_sap");
	s->telling_of = CO_STATUS_PENDING;
	if (s->life != life || s->state != SAP_DEREGISTERING || answer == CO_STATUS_PENDING ||
		is_wanted(m, s))
		return CO_STATUS_PENDING;
	sap_gone(m, s);
	s->telling_of = CO_STATUS_SUCCESS; /* SAP-6: whatever it says */
	return answer;
}

void
do_deregistered_sap(struct model *m, uint32_t arg)
{
	struct msap *s = &m->saps[arg % N_SAPS];
	enum co_status expected = CO_STATUS_NOT_ACCEPTED;
	bool wrong = wrong_family(m);
	co_sap_t sap = sap_handle(s);

	if (s->state == SAP_DEREGISTERING && is_wanted(m, s))
		return;
	if (s->state == SAP_DEREGISTERING)
		expected = wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
	if (s->state != SAP_NONE && !wrong)
		cover(m, COVER_SAP, s->state, CS_DEREGISTERED, expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		tell_sap(s, CO_STATUS_SUCCESS);
		sap_gone(m, s);
	}
	expect_status(m, "deregister_sap_complete",
		BY_FAMILY(m, wrong, deregister_sap_complete, sap), expected);
}

void
model_cl_no_sap(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;

	told_sap(m, sap_of(m, ctx, "deregister_sap_complete"), status, "deregister_sap_complete");
}

void
do_sap_duties(struct model *m, uint32_t arg)
{
	const struct msap *s = &m->saps[arg % N_SAPS];

	if (s->state == SAP_REGISTERING)
		do_registered_sap(m, arg);
	if (s->state == SAP_REGISTERED)
		do_deregister_sap(m, arg);
	if (s->state == SAP_DEREGISTERING)
		do_deregistered_sap(m, arg);
}
