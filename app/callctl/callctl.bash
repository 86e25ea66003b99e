# SPDX-License-Identifier: BSD-3-Clause
# Completion for bash: callctl itself knows its commands, and asks the appliance for ids and names.

_callctl() {
	local words begun head
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
	begun=${words[-1]}
	# Bash takes words apart at = and :, and replaces only what stands behind the last one.
	head=${begun%"${begun##*[:=]}"}
	mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
	COMPREPLY=("${COMPREPLY[@]#"$head"}")
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
	return 0
}

complete -F _callctl callctl
