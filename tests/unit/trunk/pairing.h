/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Set-up of the four pairings of call managers, user side first, and of the one and the other kind
 * against itself. Each test is one sentence, which must be true of all that it is listed with.
 */

#include "trunk.h"

static inline int
pairing_setup(void **state, bool user_is_mcm, bool network_is_mcm)
{
	*state = chain_create(&(struct chain_config){ .mcm = { user_is_mcm, network_is_mcm } });
	return 0;
}

static inline int
setup_mcm_mcm(void **state)
{
	return pairing_setup(state, true, true);
}

static inline int
setup_mcm_cm(void **state)
{
	return pairing_setup(state, true, false);
}

static inline int
setup_cm_mcm(void **state)
{
	return pairing_setup(state, false, true);
}

static inline int
setup_cm_cm(void **state)
{
	return pairing_setup(state, false, false);
}

static inline int
pairing_teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

#define PAIRED(name, pair)                                                                         \
	{                                                                                          \
#name ": " #pair, name, setup_##pair, pairing_teardown, NULL                       \
	}
#define FOUR(name)                                                                                 \
	PAIRED(name, mcm_mcm), PAIRED(name, mcm_cm), PAIRED(name, cm_mcm), PAIRED(name, cm_cm)
