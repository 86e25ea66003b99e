-- SPDX-License-Identifier: BSD-3-Clause
-- Pktgen-DPDK as a servant of bench/run: a line of NAME=VALUE pairs is a command, and has a line
-- in answer. The two files are named pipes, in CALLPLANE_COMMANDS and CALLPLANE_RESULTS.
--   trial percent=P ms=T [latency_us=N]   sent= received= seconds= ...
--   made entry=HEX size=N [mask=BITS]     ok=1
--   capture entry=HEX                     ok=1
--   quit

package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local trial = require "trial"

local results = assert(io.open(os.getenv("CALLPLANE_RESULTS"), "w"))

local function answer(values)
	local words = {}

	for name, value in pairs(values) do
		words[#words + 1] = name .. "=" .. tostring(value)
	end
	table.sort(words)
	results:write(table.concat(words, " "), "\n")
	results:flush()
end

local commands = {
	trial = function(t)
		return trial.run({ percent = t.percent, ms = tonumber(t.ms),
			latency_us = tonumber(t.latency_us) })
	end,
	made = function(t)
		trial.made(t.entry, t.mask, tonumber(t.size))
		return { ok = 1 }
	end,
	capture = function(t)
		trial.from_capture()
		trial.label(t.entry)
		return { ok = 1 }
	end,
}

local function obey(line)
	local name = line:match("^%S+")
	local arguments = {}

	for key, value in line:gmatch("(%S+)=(%S+)") do
		arguments[key] = value
	end
	local done, result = pcall(commands[name], arguments)
	answer(done and result or { error = (tostring(result):gsub("%s+", "_")) })
end

pktgen.screen("off")
answer({ version = trial.version(), random_bits = trial.has_random_bits() })
for line in io.lines(os.getenv("CALLPLANE_COMMANDS")) do
	if line == "quit" then
		break
	end
	obey(line)
end
pktgen.quit()
