/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Threads beside control and workers: off their cores, and without their signals. */

#include <pthread.h>

/**
 * @p run(@p arg) in a thread of that name, of 15 letters at most: on the cores that no lcore polls,
 * if there are any, and deaf to signals, which are the main thread's. 0 or -errno.
 */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg);
