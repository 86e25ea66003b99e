/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Inside of call control: elements as coded on the wire, one behind the other, between the layer
 * above and messages; and the order in which they are sent.
 */

#include "uni/call.h"
#include "uni/codec.h"

extern const struct uni_elements uni_no_elements;

/** The elements of a message in sent order, enum uni_ie, 0 ends them (SIG-16); NULL: not here. */
const uint8_t *uni_sent_order(uint8_t type);

/** Each one is there to its end. */
bool uni_elements_are_whole(const struct uni_elements *e);

/** Moreover, each is one that we know, with contents that we would accept. */
bool uni_elements_are_good(const struct uni_elements *e);

/** Octets of the element at @p off of those that are whole. */
uint32_t uni_element_size(const struct uni_elements *e, uint32_t off);

bool uni_elements_have(const struct uni_elements *e, enum uni_ie ie);

/** Append the first @p most of those of @p ie, unchanged; how many there were. */
uint32_t uni_elements_copy(
	struct uni_enc *enc, const struct uni_elements *e, enum uni_ie ie, uint32_t most);

/**
 * The good elements of a message but those that are of this link only, or that a field says.
 * @p room has UNI_MSG_SIZE_MAX octets.
 */
struct uni_elements uni_elements_collect(const struct uni_msg *m, uint8_t *room);

/** Append what call control itself has to say by @p ie, if anything. */
typedef void uni_enc_own(struct uni_enc *enc, enum uni_ie ie, const void *arg);

/**
 * Append the elements of a message of @p type in sent order: those that are @p given, and where
 * there are none what own() says. What is of this link only is never taken from those given.
 */
void uni_enc_in_order(struct uni_enc *enc, uint8_t type, const struct uni_elements *given,
	uni_enc_own *own, const void *arg);
