/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>
#include <rte_eal.h>

#include "common/eal.h"
#include "gbench.h"
#include "micro/micro.h"

int
main(int argc, char **argv)
{
	int err;

	if (bench_eal_start("micro", 2048) != 0)
		return 1;
	micro_add_base();
	micro_add_pool();
	micro_add_codec();
	micro_add_call();
	micro_add_sscop();
	micro_add_condis();
	micro_add_circuit();
	micro_add_forward();
	micro_add_edge();
	micro_add_replicate();
	micro_add_meter();
	micro_add_rings();
	micro_add_side();
	bench_add_context("tsc_mhz", (double)rte_get_tsc_hz() / 1e6);
	err = bench_run(argc, argv);
	rte_eal_cleanup();
	return err;
}
