-- SPDX-License-Identifier: BSD-3-Clause
-- One trial after the other with Pktgen-DPDK: labelled frames out on one port, back on another.
-- For serve.lua and sweep.lua, which Pktgen runs by "-f".

local trial = {}

trial.tx, trial.rx = "0", "1" -- ports; what goes out on the first comes back on the second

local LABEL_AT = 14 -- octets of an Ethernet header
local STEP_MS = 50
local SETTLE_MS_MAX = 10000

-- Major and minor, as one number that compares: 2306, 2410.
function trial.version()
	local major, minor = pktgen.info.Pktgen_Version:match("(%d+)%.(%d+)")

	return tonumber(major) * 100 + tonumber(minor)
end

-- Before 24.10 the bits are parsed and never applied.
function trial.has_random_bits()
	return trial.version() >= 2410
end

-- Frames from a capture that Pktgen has been started with, -s 0:FILE. Old versions then send
-- it without being told; the option was there, and did nothing of use, in some.
function trial.from_capture()
	if trial.has_random_bits() then
		pktgen.pcap(trial.tx, "enable")
	end
end

-- Frames of @size octets, FCS included, that Pktgen makes. @entry: the label stack entry, 8 hex
-- digits. @mask: 32 of X (random), 0, 1 and . (as in the entry); nil: always that label.
function trial.made(entry, mask, size)
	if mask and not trial.has_random_bits() then
		error("this version of Pktgen has no random bits; mend: a capture")
	end
	trial.label(entry)
	pktgen.set(trial.tx, "size", size)
	if mask then
		pktgen.rnd(trial.tx, 0, LABEL_AT, mask)
	end
end

-- The label of frames that Pktgen makes: also that of its probes of latency, among a capture's.
function trial.label(entry)
	pktgen.mpls(trial.tx, "enable")
	pktgen.range.mpls_entry(trial.tx, entry)
end

local function port(which, kind)
	return pktgen.portStats(which, kind)[tonumber(which)]
end

local function seconds()
	local f = assert(io.open("/proc/uptime"))
	local text = f:read("l")

	f:close()
	return tonumber(text:match("^[%d.]+"))
end

-- Pktgen reads the counters once a second, and a rate is what came between two readings: with
-- both at 0 after something was sent, all that will come has come, and is counted.
local function settle()
	for _ = 1, SETTLE_MS_MAX, STEP_MS do
		pktgen.delay(STEP_MS)
		if port(trial.tx, "port").opackets > 0 and port(trial.tx, "rate").opackets == 0
			and port(trial.rx, "rate").ipackets == 0 then
			return true
		end
	end
	return false
end

local function set_probes(state)
	pktgen.latency(trial.tx, state)
	pktgen.latency(trial.rx, state) -- where they are looked for
end

-- @t: percent of the link's rate, ms, and latency_us: a probe so often, or nil.
-- Returns sent, received, seconds, settled (0: not all was counted yet), and with probes their
-- number, those skipped, min_us, avg_us, max_us.
function trial.run(t)
	local begun

	if t.latency_us then
		pktgen.latency(trial.tx, "rate", t.latency_us)
	end
	set_probes(t.latency_us and "enable" or "disable")
	pktgen.set("all", "rate", t.percent) -- of all, for the first port of a core sets its pace
	pktgen.clr()
	begun = seconds()
	pktgen.start(trial.tx)
	pktgen.delay(t.ms)
	pktgen.stop(trial.tx)
	local took = seconds() - begun
	local settled = settle()
	local result = {
		settled = settled and 1 or 0,
		sent = port(trial.tx, "port").opackets,
		received = port(trial.rx, "port").ipackets,
		seconds = took,
	}
	if t.latency_us then
		local probes = pktgen.pktStats(trial.rx)[tonumber(trial.rx)].latency

		set_probes("disable")
		result.probes, result.probes_skipped = probes.num_pkts, probes.num_skipped
		result.min_us, result.avg_us, result.max_us = probes.min_us, probes.avg_us, probes.max_us
	end
	return result
end

return trial
