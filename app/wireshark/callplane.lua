-- SPDX-License-Identifier: BSD-3-Clause
--
-- Wireshark and tshark: the signalling VC of a trunk, and which VC each label is.
--
--   Ethernet (8847) / label entry / control word (RFC 4385) / SSCOP (Q.2110) / Q.2931
--
-- Use:  tshark -X lua_script:callplane.lua -r capture.pcapng
--       tshark -X lua_script:callplane.lua -o callplane.labels:"16,65552" -r capture.pcapng
--
-- or copy it to the folder of personal Lua plugins (Help, About Wireshark, Folders). The preference
-- "Signalling labels" names those that carry signalling. Every label, also a user's, has the
-- fields callplane.vpci and callplane.vci, label = 65536 * VPCI + VCI: the display filter
-- "callplane.vci == 33" finds a VC.
--
-- What tshark 4.0 shows otherwise than it is: it has no name for PARTY ALERTING, the MODIFY
-- messages and user-user; it names call states as Q.931 does.

local p = Proto("callplane", "Callplane signalling VC")

local frg_names = { [0] = "unfragmented", [1] = "first fragment",
                    [2] = "last fragment", [3] = "intermediate fragment" }

local f_nib   = ProtoField.uint8("callplane.cw.nibble", "First nibble", base.HEX, nil, 0xf0)
local f_flags = ProtoField.uint8("callplane.cw.flags", "Flags", base.HEX, nil, 0x0f)
local f_frg   = ProtoField.uint8("callplane.cw.frg", "FRG", base.DEC, frg_names, 0xc0)
local f_len   = ProtoField.uint8("callplane.cw.length", "Length", base.DEC, nil, 0x3f)
local f_seq   = ProtoField.uint16("callplane.cw.seq", "Sequence number", base.DEC)
local f_pad   = ProtoField.bytes("callplane.padding", "Link padding")
p.fields = { f_nib, f_flags, f_frg, f_len, f_seq, f_pad }

local e_nib = ProtoExpert.new("callplane.bad_nibble", "Control word does not start with 0000",
                              expert.group.MALFORMED, expert.severity.ERROR)
local e_len = ProtoExpert.new("callplane.bad_length", "Control word length does not fit the frame",
                              expert.group.MALFORMED, expert.severity.ERROR)
local e_zero = ProtoExpert.new("callplane.zero_length", "Length 0 though shorter than 64 octets",
                              expert.group.PROTOCOL, expert.severity.NOTE)
p.experts = { e_nib, e_len, e_zero }

p.prefs.labels = Pref.string("Signalling labels", "16",
    "Comma separated MPLS labels that carry SSCOP behind a control word")

local CW = 4
local sscop = Dissector.get("sscop")
local data  = Dissector.get("data")

function p.dissector(tvb, pinfo, tree)
    local total = tvb:len()
    if total < CW then return 0 end

    local sub = tree:add(p, tvb(0, CW))
    sub:add(f_nib, tvb(0, 1))
    sub:add(f_flags, tvb(0, 1))
    sub:add(f_frg, tvb(1, 1))
    local len_item = sub:add(f_len, tvb(1, 1))
    sub:add(f_seq, tvb(2, 2))

    if tvb(0, 1):bitfield(0, 4) ~= 0 then
        sub:add_proto_expert_info(e_nib)
        return data:call(tvb, pinfo, tree)
    end

    -- Length counts the control word itself; 0 means "take everything".
    local len = tvb(1, 1):bitfield(2, 6)
    local body
    if len == 0 then
        body = total - CW
        if total < 64 then len_item:add_proto_expert_info(e_zero) end
    elseif len < CW or len > total then
        len_item:add_proto_expert_info(e_len)
        return data:call(tvb, pinfo, tree)
    else
        body = len - CW
    end

    if total > CW + body then
        sub:add(f_pad, tvb(CW + body, total - CW - body))
    end
    if body >= 4 then
        sscop:call(tvb(CW, body):tvb(), pinfo, tree)
    elseif body > 0 then
        data:call(tvb(CW, body):tvb(), pinfo, tree)
    end
    return total
end

local label_table = DissectorTable.get("mpls.label")
local bound = {}

local function bind()
    for l in pairs(bound) do label_table:remove(l, p) end
    bound = {}
    for s in string.gmatch(p.prefs.labels, "%d+") do
        local l = tonumber(s)
        if l < 1048576 then
            label_table:add(l, p)
            bound[l] = true
        end
    end
end

function p.prefs_changed() bind() end
bind()

-- VPCI/VCI of every label in the frame.
local v = Proto("callplanevc", "Callplane virtual channel")
local f_vpci = ProtoField.uint8("callplane.vpci", "VPCI", base.DEC)
local f_vci  = ProtoField.uint16("callplane.vci", "VCI", base.DEC)
v.fields = { f_vpci, f_vci }
local label_field = Field.new("mpls.label")

function v.dissector(tvb, pinfo, tree)
    for _, fi in ipairs({ label_field() }) do
        local l = fi.value
        local sub = tree:add(v, fi.range)
        sub:add(f_vpci, fi.range, math.floor(l / 65536))
        sub:add(f_vci, fi.range, l % 65536)
    end
end

register_postdissector(v)
