/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What goes with the end of a call or party as elements, one behind the other (section 16): at most
 * two causes (08), one user-user element (7e), one generic identifier transport (7f). Any thread.
 */

#include "uni/call.h"

/**
 * Take @p elements apart; what is not there is 0 in @p out, which points into them and has no
 * label.
 *
 * @return
 *   0; -EINVAL: another element, one too many, or contents that are none (SIG-117).
 */
int uni_clearing_decode(struct uni_release *out, const struct uni_elements *elements);

/**
 * The reverse, in the order of RELEASE: octets written to @p room, which has UNI_MAX_CLEARING. What
 * an element could not hold is left out.
 */
uint32_t uni_clearing_encode(uint8_t *room, const struct uni_release *release);
