#!/usr/bin/lua5.3
-- SPDX-License-Identifier: BSD-3-Clause
-- What bench/pktgen sees of Pktgen-DPDK, with no port and no wire: time passes only in delays, and
-- of what is sent all above a rate is lost. In the environment:
--   FAKE_VERSION  as 23.06.1         FAKE_LIMIT  frames a second that come back
--   FAKE_NOTES    file of what was called, a line each

local LINK_BITS, GAP, MOST = 100e9, 20, 20e6
local PROBE_US = 12.5

local options, ports, own = {}, {}, false
for i = 1, #arg do
	own = own or arg[i] == "--" -- what stands before is for DPDK
	if own and arg[i] == "-m" then
		ports[#ports + 1] = arg[i + 1]
	elseif arg[i]:match("^%-%a$") then
		options[arg[i]:sub(2)] = arg[i + 1]
	end
end
local notes = assert(io.open(os.getenv("FAKE_NOTES"), "a"))
local version = os.getenv("FAKE_VERSION")
local limit = tonumber(os.getenv("FAKE_LIMIT"))
local now_ms = 0
local state = { rate = 100, size = 64, sent = 0, received = 0, read = 0, probes = false }

local function note(...)
	notes:write(table.concat({ ... }, " "), "\n")
	notes:flush()
end

assert(os.execute("test -t 0"), "tcgetattr failed: no terminal")
note("ports", table.unpack(ports))

-- The size of the frames of a capture, from its first record.
if options.s then
	local f = assert(io.open(options.s:match("^0:(.*)$"), "rb"))

	f:read(24 + 8)
	state.size = string.unpack("<I4", f:read(4)) + 4
	f:close()
	note("capture", options.s:match("[^/]*$"))
end

local real_open = io.open
io.open = function(path, mode)
	if path ~= "/proc/uptime" then
		return real_open(path, mode)
	end
	return { read = function() return string.format("%.2f 0.00", now_ms / 1000) end,
		close = function() end }
end

local function noted(name)
	return function(...)
		note(name, ...)
	end
end

-- As Pktgen does, the counters are read once a second, and a rate is between two readings.
local shown, rates = { tx = 0, rx = 0 }, { tx = 0, rx = 0 }

local function pass(ms)
	for _ = 1, ms do
		now_ms = now_ms + 1
		if state.sending then
			local fps = math.min(state.rate / 100 * LINK_BITS / 8 / (state.size + GAP), MOST)
			state.sent = state.sent + fps / 1000
			state.received = state.received + math.min(fps, limit) / 1000
		end
		if now_ms % 1000 == 0 then
			rates.tx, rates.rx = state.sent - shown.tx, state.received - shown.rx
			shown.tx, shown.rx = state.sent, state.received
		end
	end
end

pktgen = {
	info = { Pktgen_Version = "Pktgen " .. version },
	range = { mpls_entry = noted("entry") },
	mpls = noted("mpls"),
	rnd = noted("rnd"),
	pcap = noted("pcap"),
	screen = function() end,
	delay = pass,
	latency = function(_, what)
		if what ~= "rate" then
			state.probes = what == "enable"
		end
	end,
	set = function(_, what, value)
		state[what] = tonumber(value)
	end,
	clr = function()
		state.sent, state.received = 0, 0
		shown, rates = { tx = 0, rx = 0 }, { tx = 0, rx = 0 }
	end,
	start = function()
		state.sending = true
	end,
	stop = function()
		state.sending = false
	end,
	portStats = function(_, kind)
		local from = kind == "rate" and rates or shown

		return { [0] = { opackets = math.floor(from.tx), ipackets = 0 },
			[1] = { opackets = 0, ipackets = math.floor(from.rx) } }
	end,
	pktStats = function()
		local n = state.probes and 100 or 0

		return { [1] = { latency = { num_pkts = n, num_skipped = 0, min_us = PROBE_US,
			avg_us = 2 * PROBE_US, max_us = 4 * PROBE_US } } }
	end,
	quit = function()
		note("quit")
		os.exit(0)
	end,
}

dofile(options.f)
