/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni_message.h"

#include "base/bytes.h"
#include "uni/codec.h"

/* An element as it usually is, without its header. */
struct model {
	uint8_t id;
	uint8_t octet2;
	uint8_t len;
	uint8_t contents[12];
};

static const struct model models[] = {
	{ 0x08, 0x80, 2, { 0x80, 0x90 } },
	{ 0x08, 0x80, 3, { 0x80, 0xe5, 0x88 } }, /* 101, about MODIFY REQUEST */
	{ 0x08, 0x80, 2, { 0x80, 0x9e } },       /* 30 */
	{ 0x08, 0x80, 2, { 0x80, 0xd1 } },       /* 81 */
	{ 0x14, 0x80, 1, { 0x0a } }, { 0x27, 0x80, 1, { 0xf1 } },
	{ 0x42, 0x80, 3, { 0x01, 0x00, 0x05 } }, { 0x4c, 0x80, 3, { 0x91, '4', '2' } },
	{ 0x4d, 0x80, 2, { 0x80, 0x01 } }, { 0x55, 0x80, 1, { 0x0a } },
	{ 0x58, 0x80, 9, { 0x05, 0x8c, 0x23, 0xe4, 0x81, 0x23, 0xe4, 0x84, 0x00 } },
	{ 0x59, 0x80, 9, { 0x84, 0, 3, 0xe8, 0x85, 0, 3, 0xe8, 0xbe } },
	{ 0x59, 0x80, 8, { 0x84, 0, 4, 0xe8, 0x85, 0, 4, 0xe8 } },
	{ 0x59, 0x80, 4, { 0x84, 0, 9, 0xe8 } }, { 0x5c, 0x80, 2, { 0, 0 } },
	{ 0x5d, 0x80, 2, { 0x81, 0x01 } }, { 0x5e, 0x80, 2, { 0x90, 0x80 } },
	{ 0x5e, 0x80, 2, { 0x90, 0x81 } }, /* multipoint */
	{ 0x5f, 0x80, 1, { 0xcc } }, { 0x62, 0x80, 1, { 0xa1 } }, { 0x63, 0x80, 1, { 0x82 } },
	{ 0x6c, 0x80, 4, { 0x11, 0x83, '6', '7' } }, { 0x6d, 0x80, 2, { 0x80, 0x01 } },
	{ 0x70, 0x80, 6, { 0x91, '1', '2', '3', '4', '5' } }, { 0x71, 0x80, 2, { 0x80, 0x01 } },
	{ 0x78, 0x80, 3, { 0xa1, '1', '2' } }, { 0x79, 0x80, 1, { 0x82 } },
	{ 0x79, 0x80, 1, { 0x81 } }, { 0x79, 0x80, 1, { 0x80 } },
	{ 0x7e, 0x80, 4, { 0x00, 'h', 'i', '!' } }, { 0x7f, 0xe0, 2, { 0x01, 0x00 } },
	{ 0x89, 0x80, 1, { 0x01 } }, { 0xec, 0xe0, 1, { 0x00 } },
	{ 0x84, 0x80, 2, { 0x00, 0x00 } }, /* ABR parameters: unrecognised */
};

#define N_MODELS (sizeof(models) / sizeof(models[0]))

/* What a message of a type should have, in order; 54 and 5a are made by hand. */
struct kind {
	uint8_t type;
	uint8_t ids[6];
};

static const struct kind kinds[] = {
	{ UNI_MT_SETUP, { 0x59, 0x5e, 0x70, 0x5a, 0x5c, 0x54 } },
	{ UNI_MT_CALL_PROCEEDING, { 0x5a, 0x54 } },
	{ UNI_MT_ALERTING, { 0x5a, 0x54 } },
	{ UNI_MT_CONNECT, { 0x5a, 0x54 } },
	{ UNI_MT_CONNECT_ACK, { 0 } },
	{ UNI_MT_RELEASE, { 0x08 } },
	{ UNI_MT_RELEASE_COMPLETE, { 0x08 } },
	{ UNI_MT_STATUS_ENQUIRY, { 0x54 } },
	{ UNI_MT_STATUS, { 0x14, 0x08, 0x54, 0x55 } },
	{ UNI_MT_NOTIFY, { 0x27, 0x54 } },
	{ UNI_MT_RESTART, { 0x5a, 0x79 } },
	{ UNI_MT_RESTART_ACK, { 0x5a, 0x79 } },
	{ UNI_MT_ADD_PARTY, { 0x70, 0x54 } },
	{ UNI_MT_ADD_PARTY_ACK, { 0x54 } },
	{ UNI_MT_ADD_PARTY_REJECT, { 0x08, 0x54 } },
	{ UNI_MT_DROP_PARTY, { 0x08, 0x54 } },
	{ UNI_MT_DROP_PARTY_ACK, { 0x54 } },
	{ UNI_MT_PARTY_ALERTING, { 0x54 } },
	{ UNI_MT_MODIFY_REQUEST, { 0x59 } },
	{ UNI_MT_MODIFY_ACK, { 0x89 } },
	{ UNI_MT_MODIFY_REJECT, { 0x08 } },
	{ UNI_MT_CONNECTION_AVAILABLE, { 0x89 } },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* In the octet that describes a message. */
#define WITH_PARTY 0x01u    /* 54, and multipoint where that matters */
#define WITH_VC 0x02u       /* 5a */
#define WITH_OTHER_VC 0x04u /* not the call's */
#define WITH_BARE 0x08u     /* nothing that it should have */

struct builder {
	struct above *a;
	struct fuzz_input *in;
	struct uni_enc enc;
	uint8_t what;  /* WITH_ */
	uint8_t party; /* which endpoint reference */
	uni_call_t call;
	uint32_t label;
};

/* Whose reference: that of a call, or one that is nobody's. */
static void
choose_reference(struct builder *b, struct uni_header *hdr)
{
	uint8_t r = fuzz_octet(b->in);
	struct above_call *c = above_call_nth(b->a, r >> 2);
	struct uni_call_info info;

	hdr->cref = (r >> 2) + 1u;
	hdr->flag = (r & 1) != 0;
	if ((r & 3) == 3)
		hdr->cref = (r & 4) != 0 ? UNI_CREF_GLOBAL : UNI_CREF_DUMMY;
	if ((r & 2) != 0 || c == NULL || uni_call_query(b->a->u, c->call, &info) != 0)
		return;
	b->call = info.call;
	b->label = info.label;
	hdr->cref = info.reference;
	hdr->flag = info.ours != ((r & 0x81) == 0x81); /* now and then of the other side */
}

/* A party's of the call, or a new one; the peer's flag. */
static void
put_party(struct builder *b)
{
	struct uni_epref ref = { .value = b->party & 7u, .flag = (b->party & 0x40) != 0 };
	struct uni_party_info info;
	uni_party_t party = 0;
	uint32_t i;

	for (i = 0; b->call != 0 && i <= (b->party & 7u); i++)
		party = uni_party_next(b->a->u, b->call, party);
	if ((b->party & 0x08) == 0 && uni_party_query(b->a->u, party, &info) == 0) {
		ref.value = info.reference;
		ref.flag = info.ours != ((b->party & 0x40) != 0);
	}
	uni_enc_ie_epref(&b->enc, &ref);
}

static void
put_vc(struct builder *b)
{
	struct uni_connid id = { .assoc = UNI_CONNID_EXPLICIT, .pref = UNI_CONNID_EXCLUSIVE };
	uint32_t label = 32u + (b->party & 0x0fu);

	if (b->label < 1u << 20 && (b->what & WITH_OTHER_VC) == 0)
		label = b->label;
	id.vpci = (uint16_t)(label >> 16);
	id.vci = (uint16_t)label;
	if ((b->party & 0xc0) == 0xc0) {
		id.pref = UNI_CONNID_ANY_VCI;
		id.vci = 0;
	}
	uni_enc_ie_connid(&b->enc, &id);
}

/* Usually as the model is; else with an instruction of its own, or an octet that is another. */
static void
put_model(struct builder *b, const struct model *model, bool bent)
{
	struct model m = *model;
	uint8_t how = bent ? fuzz_octet(b->in) : 0;

	if (how & 0x80)
		m.octet2 |= 0x10 | (how & 7);
	if (how & 0x40)
		m.contents[how % sizeof(m.contents)] = fuzz_octet(b->in);
	if (how & 0x20)
		m.len = (uint8_t)(fuzz_octet(b->in) % (sizeof(m.contents) + 1));
	uni_enc_ie_raw(&b->enc, m.id, m.octet2, m.contents, m.len);
}

static void
put_id(struct builder *b, uint8_t id)
{
	uint32_t i;

	if (id == 0x54 || id == 0x55) {
		if ((b->what & WITH_PARTY) == 0)
			return;
		if (id == 0x54) {
			put_party(b);
			return;
		}
	}
	if (id == 0x5a) {
		if (b->what & WITH_VC)
			put_vc(b);
		return;
	}
	for (i = 0; models[i].id != id; i++)
		;
	if (id == 0x5e && (b->what & WITH_PARTY) != 0)
		i++;
	put_model(b, &models[i], false);
}

static void
put_elements(struct builder *b, const struct kind *kind)
{
	uint32_t i, n = b->what >> 4;
	uint8_t model;

	for (i = 0; i < sizeof(kind->ids) && kind->ids[i] != 0 && (b->what & WITH_BARE) == 0; i++)
		put_id(b, kind->ids[i]);
	for (i = 0; i < n; i++) {
		model = fuzz_octet(b->in);
		if (model % (N_MODELS + 2) == N_MODELS)
			put_party(b);
		else if (model % (N_MODELS + 2) == N_MODELS + 1)
			put_vc(b);
		else
			put_model(b, &models[model % (N_MODELS + 2)], true);
	}
}

size_t
message_build(struct above *a, struct fuzz_input *in, uint8_t *room)
{
	struct builder b = { .a = a, .in = in, .label = UINT32_MAX };
	const struct kind *kind;
	struct uni_header hdr = { 0 };
	uint8_t octet7;
	int len;

	kind = &kinds[fuzz_octet(in) % N_KINDS];
	choose_reference(&b, &hdr);
	octet7 = fuzz_octet(in);
	hdr.type = (octet7 & 0x60) == 0x60 ? fuzz_octet(in) : kind->type;
	hdr.octet7 = (octet7 & 0x80) != 0 ? 0x90 | (octet7 & 3) : 0x80;
	b.what = fuzz_octet(in);
	b.party = fuzz_octet(in);
	uni_enc_begin(&b.enc, room, MESSAGE_MAX, &hdr);
	put_elements(&b, kind);
	len = uni_enc_end(&b.enc);
	FUZZ_CHECK(len > 0);
	return (size_t)len;
}
