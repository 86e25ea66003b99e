-- SPDX-License-Identifier: BSD-3-Clause
-- By hand: rates and sizes one after the other, and for each what came back and how late.
--   bench/pktgen/capture.py calls.pcap --socket SOCKET --trunk TRUNK
--   pktgen EAL-ARGUMENTS -- -m 1.0 -m 1.1 -s 0:calls.pcap -f bench/pktgen/sweep.lua
-- (from 24.10 -m 1.0 -m 2.1: an lcore has one port). Or without a capture, all with the label of
-- ENTRY, or, from 24.10, with those that MASK says:
--   ENTRY=00200100 MASK=00000000001XXXXXXXXX............ SIZES=64,512 pktgen ... -f sweep.lua
-- Further: PERCENT=1,10,100 of the link's rate, SECONDS=2 a trial, OUT=FILE for the table.

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local trial = require "trial"

local function numbers(name, default)
	local found = {}

	for word in (os.getenv(name) or default):gmatch("[^,]+") do
		found[#found + 1] = assert(tonumber(word), name .. ": no number: " .. word)
	end
	return found
end

local entry, mask = os.getenv("ENTRY"), os.getenv("MASK")
local out = os.getenv("OUT") and assert(io.open(os.getenv("OUT"), "w")) or io.stdout
local LATENCY_US = 1000

pktgen.screen("off")
out:write("size percent sent received lost_ppm frames_per_s min_us avg_us max_us\n")
if not entry then
	trial.from_capture()
end
for _, size in ipairs(entry and numbers("SIZES", "64") or { 0 }) do
	if entry then
		trial.made(entry, mask, size)
	end
	for _, percent in ipairs(numbers("PERCENT", "1,5,10,25,50,100")) do
		-- The frames of a capture have labels of their own, and no probe has one of them.
		local r = trial.run({ percent = percent, ms = 1000 * numbers("SECONDS", "2")[1],
			latency_us = entry and LATENCY_US or nil })
		out:write(string.format("%s %g %d %d %.1f %.0f %s\n", entry and size or "capture",
			percent, r.sent, r.received, 1e6 * (r.sent - r.received) / math.max(r.sent, 1),
			r.received / r.seconds, r.probes and r.probes > 0
			and string.format("%.1f %.1f %.1f", r.min_us, r.avg_us, r.max_us) or "- - -"))
		out:flush()
	end
end
pktgen.quit()
