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
-- tshark 4.0 has no name for PARTY ALERTING, the MODIFY messages and several elements, and names
-- call states as Q.931 does. So each Q.2931 message gets a second tree, "Callplane message", with
-- what the appliance reads in it: callplane.message and callplane.element are names, and can be
-- filtered by, as in callplane.message == "MODIFY_REQUEST".

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
local e_frg = ProtoExpert.new("callplane.bad_frg", "Control word of a fragment",
                              expert.group.MALFORMED, expert.severity.ERROR)
local e_len = ProtoExpert.new("callplane.bad_length", "Control word length does not fit the frame",
                              expert.group.MALFORMED, expert.severity.ERROR)
local e_zero = ProtoExpert.new("callplane.zero_length", "Length 0 though shorter than 64 octets",
                              expert.group.PROTOCOL, expert.severity.NOTE)
p.experts = { e_nib, e_frg, e_len, e_zero }

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
    local frg_item = sub:add(f_frg, tvb(1, 1))
    local len_item = sub:add(f_len, tvb(1, 1))
    sub:add(f_seq, tvb(2, 2))

    if tvb(0, 1):bitfield(0, 4) ~= 0 then
        sub:add_proto_expert_info(e_nib)
        return data:call(tvb, pinfo, tree)
    end

    if tvb(1, 1):bitfield(0, 2) ~= 0 then
        frg_item:add_proto_expert_info(e_frg)
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

-- The Q.2931 message of a frame, element by element.
local m = Proto("callplanemessage", "Callplane message")

local message_names = {
    [0x01] = "ALERTING", [0x02] = "CALL_PROCEEDING", [0x05] = "SETUP", [0x07] = "CONNECT",
    [0x0f] = "CONNECT_ACK", [0x46] = "RESTART", [0x4d] = "RELEASE", [0x4e] = "RESTART_ACK",
    [0x5a] = "RELEASE_COMPLETE", [0x6e] = "NOTIFY", [0x75] = "STATUS_ENQUIRY", [0x7d] = "STATUS",
    [0x80] = "ADD_PARTY", [0x81] = "ADD_PARTY_ACK", [0x82] = "ADD_PARTY_REJECT",
    [0x83] = "DROP_PARTY", [0x84] = "DROP_PARTY_ACK", [0x85] = "PARTY_ALERTING",
    [0x88] = "MODIFY_REQUEST", [0x89] = "MODIFY_ACK", [0x8a] = "MODIFY_REJECT",
    [0x8b] = "CONNECTION_AVAILABLE",
}

-- Those that tshark 4.0 does not name: the Info column is to.
local unnamed = { [0x85] = true, [0x88] = true, [0x89] = true, [0x8a] = true, [0x8b] = true }

local element_names = {
    [0x08] = "cause", [0x14] = "call state", [0x27] = "notification indicator",
    [0x42] = "end-to-end transit delay", [0x4c] = "connected number",
    [0x4d] = "connected subaddress", [0x54] = "endpoint reference", [0x55] = "endpoint state",
    [0x58] = "AAL parameters", [0x59] = "traffic descriptor", [0x5a] = "connection identifier",
    [0x5c] = "QoS parameter", [0x5d] = "high-layer information", [0x5e] = "bearer capability",
    [0x5f] = "low-layer information", [0x62] = "sending complete", [0x63] = "repeat indicator",
    [0x6c] = "calling party number", [0x6d] = "calling party subaddress",
    [0x70] = "called party number", [0x71] = "called party subaddress",
    [0x78] = "transit network selection", [0x79] = "restart indicator", [0x7e] = "user-user",
    [0x7f] = "generic identifier transport", [0x89] = "report type",
    [0xec] = "extended QoS parameters",
}

local codings = { [0] = "ITU-T", [1] = "ISO/IEC", [2] = "national", [3] = "network specific" }

local call_states = {
    [0] = "null", [1] = "call initiated", [3] = "outgoing call proceeding",
    [4] = "call delivered", [6] = "call present", [7] = "call received",
    [8] = "connect request", [9] = "incoming call proceeding", [10] = "active",
    [11] = "release request", [12] = "release indication", [13] = "modify request",
    [14] = "modify received", [61] = "REST1", [62] = "REST2",
}

local party_states = {
    [0] = "null", [1] = "add party initiated", [4] = "party alerting delivered",
    [6] = "add party received", [7] = "party alerting received", [10] = "active",
    [11] = "drop party initiated", [12] = "drop party received",
}

local report_types = {
    [0x01] = "modification confirmation", [0x02] = "clock recovery",
    [0x04] = "end-to-end available", [0x05] = "end-to-end request",
    [0x06] = "end-to-end completed",
}

local rate_names = {
    [0x82] = "forward peak 0", [0x83] = "backward peak 0", [0x84] = "forward peak 0+1",
    [0x85] = "backward peak 0+1", [0x88] = "forward sustainable 0",
    [0x89] = "backward sustainable 0", [0x90] = "forward sustainable 0+1",
    [0x91] = "backward sustainable 0+1", [0x92] = "forward minimum 0+1",
    [0x93] = "backward minimum 0+1", [0xa0] = "forward burst 0", [0xa1] = "backward burst 0",
    [0xb0] = "forward burst 0+1", [0xb1] = "backward burst 0+1", [0xbe] = "best effort",
    [0xbf] = "management options",
}

-- Identifier of a subfield of extended QoS: name, octets of its value, the value that means "any".
local qos_fields = {
    [0x94] = { "acceptable forward CDV", 3, 0xffffff },
    [0x95] = { "acceptable backward CDV", 3, 0xffffff },
    [0x96] = { "cumulative forward CDV", 3 },
    [0x97] = { "cumulative backward CDV", 3 },
    [0xa2] = { "acceptable forward loss", 1, 0xff },
    [0xa3] = { "acceptable backward loss", 1, 0xff },
}

local f_message  = ProtoField.string("callplane.message", "Message")
local f_flag     = ProtoField.string("callplane.reference.flag", "Sent by the side that")
local f_ref      = ProtoField.uint24("callplane.reference", "Call reference", base.DEC)
local f_element  = ProtoField.string("callplane.element", "Element")
local f_id       = ProtoField.uint8("callplane.element.id", "Identifier", base.HEX)
local f_coding   = ProtoField.string("callplane.element.coding", "Coding standard")
local f_contents = ProtoField.bytes("callplane.element.contents", "Contents")
local f_value    = ProtoField.string("callplane.element.value", "Value")
m.fields = { f_message, f_flag, f_ref, f_element, f_id, f_coding, f_contents, f_value }

local e_cut = ProtoExpert.new("callplane.cut", "The element is longer than the message",
                              expert.group.MALFORMED, expert.severity.ERROR)
m.experts = { e_cut }

local function named(names, code)
    return string.format("%d, %s", code, names[code] or "not known")
end

-- A number behind its octet of type and plan, and the octet of presentation where bit 8 is 0.
local function number(c)
    local first = c(0, 1):uint()
    local at = first < 0x80 and 2 or 1
    if c:len() <= at then return nil end
    local rest = c(at)
    if bit32.band(first, 0x7f) == 0x11 then return "e164:" .. rest:string() end
    return "nsap:" .. tostring(rest:bytes()):lower()
end

-- A list of identifiers, each with a value of as many octets as size() says.
local function list(c, at, size, show)
    local words = {}
    while at < c:len() do
        local id = c(at, 1):uint()
        local n = size(id)
        if n == nil or at + 1 + n > c:len() then break end
        words[#words + 1] = show(id, n > 0 and c(at + 1, n):uint() or nil)
        at = at + 1 + n
    end
    return table.concat(words, ", ")
end

local function traffic(c)
    return list(c, 0, function(id)
        if id == 0xbe then return 0 end
        if id == 0xbf then return 1 end
        return rate_names[id] and 3
    end, function(id, value)
        return value and string.format("%s %d", rate_names[id], value) or rate_names[id]
    end)
end

local function extended_qos(c)
    local origin = c(0, 1):uint() == 0 and "user" or "intermediate network"
    local fields = list(c, 1, function(id)
        return qos_fields[id] and qos_fields[id][2]
    end, function(id, value)
        local name, _, any = table.unpack(qos_fields[id])
        return name .. " " .. (value == any and "any" or tostring(value))
    end)
    return "origin " .. origin .. (fields ~= "" and ", " or "") .. fields
end

-- What is in an element, in words: of those that tshark 4.0 shows raw or wrong. The least octets
-- that each needs stand before.
local values = {
    [0x08] = { 2, function(c)
        local more = c:len() > 2 and ", diagnostics " .. tostring(c(2):bytes()):lower() or ""
        return string.format("%d, location %d%s", c(1, 1):bitfield(1, 7), c(0, 1):bitfield(4, 4),
                             more)
    end },
    [0x14] = { 1, function(c) return named(call_states, c(0, 1):bitfield(2, 6)) end },
    [0x4c] = { 2, number },
    [0x54] = { 3, function(c)
        return string.format("%d, flag %d", c(1, 2):bitfield(1, 15), c(1, 1):bitfield(0, 1))
    end },
    [0x55] = { 1, function(c) return named(party_states, c(0, 1):bitfield(2, 6)) end },
    [0x59] = { 1, traffic },
    [0x5a] = { 5, function(c)
        return string.format("VPCI %d, VCI %d", c(1, 2):uint(), c(3, 2):uint())
    end },
    [0x6c] = { 2, number },
    [0x70] = { 2, number },
    [0x7e] = { 1, function(c)
        local octets = c:len() > 1 and tostring(c(1):bytes()):lower() or "none"
        return string.format("discriminator %d, octets %s", c(0, 1):uint(), octets)
    end },
    [0x89] = { 1, function(c) return named(report_types, c(0, 1):uint()) end },
    [0xec] = { 1, extended_qos },
}

local function add_element(tree, range, contents)
    local id = range(0, 1):uint()
    local sub = tree:add(f_element, range,
                         element_names[id] or string.format("not known (%02x)", id))
    sub:add(f_id, range(0, 1))
    sub:add(f_coding, range(1, 1), codings[range(1, 1):bitfield(1, 2)])
    if contents == nil then return sub end
    sub:add(f_contents, contents)
    local value = values[id]
    if value and contents:len() >= value[1] then
        local text = value[2](contents)
        if text then sub:add(f_value, contents, text) end
    end
    return sub
end

-- @msg: from the protocol discriminator to the last octet that there is.
local function add_message(msg, pinfo, tree)
    local header = 9
    if msg:len() < header or msg(0, 1):uint() ~= 9 or msg(1, 1):bitfield(4, 4) ~= 3 then return end
    local kind = msg(5, 1):uint()
    local name = message_names[kind] or string.format("not known (%02x)", kind)
    local flag = msg(2, 1):bitfield(0, 1)
    local sub = tree:add(m, msg)
    sub:append_text(", " .. name)
    sub:add(f_message, msg(5, 1), name)
    sub:add(f_flag, msg(2, 1), flag == 0 and "chose the reference" or "did not choose it")
    sub:add(f_ref, msg(2, 3), msg(2, 3):bitfield(1, 23))
    if unnamed[kind] then pinfo.cols.info:append(" [" .. name .. "]") end
    local at = header
    local last = math.min(msg:len(), header + msg(7, 2):uint())
    while at + 4 <= last do
        local length = msg(at + 2, 2):uint()
        local fits = math.min(length, last - at - 4)
        local item = add_element(sub, msg(at, 4 + fits), fits > 0 and msg(at + 4, fits) or nil)
        if fits < length then item:add_proto_expert_info(e_cut) end
        at = at + 4 + fits
    end
end

local q2931_field = Field.new("q2931")

function m.dissector(_, pinfo, tree)
    for _, fi in ipairs({ q2931_field() }) do
        add_message(fi.range, pinfo, tree)
    end
end

register_postdissector(m)
