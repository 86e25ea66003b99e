/* SPDX-License-Identifier: BSD-3-Clause */
#include "gbench.h"
#include "micro/micro.h"

/* The cases that need no DPDK: count [NAME...], beginnings of names. */
int
main(int argc, char **argv)
{
	micro_add_base();
	micro_add_pool();
	micro_add_codec();
	micro_add_sscop();
	micro_add_call();
	return bench_run(argc, argv);
}
