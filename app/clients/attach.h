/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The edge: calls whose local end is an attachment, an access port's VLAN with an address. Dials
 * from an attachment, answers for one, and connects its frames to the call's VC.
 *
 * Control thread only.
 */

#include "clients/caller.h"
#include "clients/route.h"
#include "dataplane/dataplane.h"

struct attach;

struct attach_config {
	uint32_t n_attachments;
	struct caller_config caller;
};

/** @p arg is the reports'. -ENOMEM, -EIO. */
int attach_create(struct co *co, const struct attach_config *config,
	const struct caller_reports *reports, void *arg, const struct cp_mem *mem,
	struct attach **out);
void attach_destroy(struct attach *a);

/**
 * An attachment with its address; @p dp_attachment is the dataplane's number for it.
 * @return Its index, -EEXIST when the address is taken, -ENOSPC.
 */
int attach_add(
	struct attach *a, const struct co_address *address, uint32_t dp_attachment, bool answer);

/** The attachment with this address, -ENOENT. */
int attach_find(const struct attach *a, const struct co_address *address);

/** Dial from attachment @p idx: -EBUSY when it has a call, else as caller_dial(). */
int attach_dial(struct attach *a, uint32_t idx, co_adapter_t adapter, const struct co_address *to,
	uint64_t rate, uint32_t job);

/** Likewise, whatever kind of call @p args says; its from and end are those of the attachment. */
int attach_dial_as(struct attach *a, uint32_t idx, const struct caller_dial_args *args);

/** The remote may change calls of attachment @p idx to at most @p rate octets per second; 0: any.
 */
void attach_set_limit(struct attach *a, uint32_t idx, uint64_t rate);

/** Whether attachment @p idx takes calls from now on; one that it has stays. */
void attach_set_answer(struct attach *a, uint32_t idx, bool answer);

/** Register for the calls to @p count addresses that begin at @p first, on @p adapter. */
enum co_status attach_register(
	struct attach *a, co_adapter_t adapter, const struct co_address *first, uint32_t count);

struct caller *attach_caller(struct attach *a);

struct attach_info {
	struct co_address address;
	uint32_t dp_attachment;
	bool answer;
	co_vc_t vc; /**< CO_NONE: no call. */
	bool busy;  /**< A call is being set up, is up, or is being closed. */
};

/** 0 or -ENOENT. */
int attach_query(const struct attach *a, uint32_t idx, struct attach_info *out);
uint32_t attach_n(const struct attach *a);

/** @p address plus @p n: decimal digits or octets as one number. False when it overflows. */
bool attach_address_add(struct co_address *address, uint32_t n);
