/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Close, add and drop of parties, deactivation, quiescence of the workers, drain and reuse: two
 * workers, two VCs, the control thread, and a world that does anything at any time. It proves, for
 * any number of frames, network messages and calls:
 *   - no worker touches a circuit, a leaf or a replication list after it was reclaimed (I1, I3);
 *   - every make, close, add, drop, modify and deactivation completes exactly once (I2);
 *   - nobody waits for ever for an event that cannot come (I8), and nothing is left (I4).
 *
 * VC 0 is point-to-point, its frames go to a local client. VC 1 is multipoint: its label leads to a
 * root, whose list leads to a circuit for each of at most two parties. The leaf of party 0 leads to
 * control, that of party 1 to a trunk. Worker 0 has the port of VC 0's label, worker 1 that of VC
 * 1's; circuits are from one pool, so what one worker had let go of the other finds anew.
 *
 * Options: -DMCM: completion first (CLOSE-19), else deactivation first (CLOSE-18).
 *          -DONLY=0, -DONLY=1: calls on that VC alone, and those of VC 0 can be modified. A search
 *          so small that it can show that under weak fairness each close which begins also
 *          completes, although the world never falls silent (LTL formula closes).
 *          -DCIRCUITS=4: one more, so that a leaf has a successor in its slot while it waits to be
 *          reclaimed.
 *          -DLINES: SPIN can tell which lines of control were never reached.
 *          -DBREAK_...: one line is broken, and SPIN has to find it (spin_test.py says by what).
 *
 * Drawn from the code: leaf.c, replicate.c, circuit.c, reclaim.c, control.c, switch.c and worker.c
 * of lib/dataplane; fsm.c and party.c of the call manager, the broker's close.c and vc.c; local.c
 * and trunk.c of ethvc.
 *
 * What is left out, and why:
 *   - Weak memory: SPIN's memory is sequentially consistent. The comments at each atomic of
 *     lib/dataplane say which store pairs with which load.
 *   - The order and the lateness of network messages: the peer says anything at any time, so every
 *     delay in a queue is among what it does. What belongs to an earlier call changes nothing.
 *   - A frame whose slot is empty, and a request that is refused: both change only counters.
 *   - Bursts: whoever holds two circuits is whoever holds one for longer.
 *   - Batches of the reclamation: here each unlinking takes a token of its own, at once. The sooner
 *     a token is taken the sooner it passes, so what the code does is among what may happen.
 *   - The sizes of lists: one has a slot and the other two, each is there once; so memory is out,
 *     and an add fails, where the other one still waits for its grace period.
 *   - The call of a leaf at its own end (OBJ-6): one that ends like the call of VC 0. Here a leaf
 *     is unlinked when its party's drop completes.
 *   - Not covered: incoming calls, an activation that fails or pends (but an add that does), a
 *     close that the call manager refuses (RACE-3), cross-connects, meters, deletion of a VC.
 */

/*
 * An index names variables that its assignment leaves alone: when pan takes a step back, it
 * evaluates the index anew.
 */

#define N_WORKERS 2
#ifdef LINES
#define STEP atomic
#else
#define STEP d_step /* takes two thirds of the time */
#endif
#ifndef ONLY
#define ONLY 2
#endif
#ifndef CIRCUITS
#define CIRCUITS 3
#endif
#define NONE 0 /* circuits are numbered from 1 as in lib/dataplane; lists too */
#define HOLE 9 /* in a slot of a list */

/* ---- What workers read. Control alone writes. ---- */

#define TO_NOTHING 0
#define TO_TRUNK 1
#define TO_CONTROL 2
#define TO_LIST(l, n) (4 * (l) + (n)) /* one word: the list, and how many of its slots to read */
#define list_of(word) ((word) / 4)
#define n_of(word) ((word) % 4)
#define slot_of(l, i) slots[(l) - 1 + (i)]

byte label[2];   /* leads to a circuit; each worker reads its own */
byte forward[5]; /* by circuit */
byte slots[3];   /* the first is list 1, the others are list 2 */
byte token;      /* rte_rcu_qsbr */
byte cnt[2];     /* of each worker, which writes it: the token it saw when last quiescent */

chan to_control[N_WORKERS] = [1] of { byte };
byte to_worker; /* control's ring to worker 0: the circuit of a frame to be sent */

/* What each worker has in its hands: itself apart, only assertions read it. */
byte held[2];  /* by label */
byte found[2]; /* by a slot: not yet served */

/* ---- Of control. ---- */

mtype:cm = { CM_IDLE, CM_SETUP, CM_UP, CM_RELEASE_IND, CM_RELEASING, CM_DRAINING, CM_RELEASED };
mtype:call = { IDLE, MAKING, UP, CLOSE_OWED, CLOSING, RELEASED };
mtype:vc = { INACTIVE, ACTIVE, DEACTIVATING, HELD };
mtype:party = { GONE, JOINING, JOINED, LEAVING, LEFT, DROPPING };
mtype:reclaim = { NO_WAIT, GRACE, DRAINS };

mtype:cm cm[2] = CM_IDLE;
mtype:call call[2] = IDLE;
mtype:vc vc[2] = INACTIVE;
mtype:party party[2] = GONE; /* of VC 1 */
bool circuit_live[5];        /* taken from the pool */
bool list_live[3];
byte circuit;                /* of VC 0 */
byte root;                   /* of VC 1, until it is reclaimed: so long its label is taken */
byte leaf[2];                /* of each party that is connected */
byte last_leaf;              /* unlinked with the root */
byte opened, at;             /* the circuit that is being opened, and its slot if it is a leaf */
bool root_to_control;        /* DP_CIRCUIT_CONTROL: a leaf of it is or was */
byte rx_due;                 /* bits of circuits: the mark that they drain to is not reached */
bool tx_due;                 /* the same, of VC 0's circuit */
bool deferred[2];            /* RACE-4 */
bool receives_out;           /* of VC 0, as is the next */
bool sends_out;              /* the ring to the worker had no room */
mtype:reclaim circuit_wait[5] = NO_WAIT;
byte circuit_token[5];
mtype:reclaim list_wait[3] = NO_WAIT;
byte list_token[3];

/* Requests that are not yet completed: each completion asserts that it is owed (I2). */
bool make_owed[2], close_owed[2], add_owed[2], drop_owed[2], modify_owed;

bool quiet; /* from now on: no frame, no message, no new call */

mtype = { MAKE, CLOSE, ADD_0, ADD_1, DROP_0, DROP_1, MODIFY, SEND, RETURN, /* the client */
	CONNECT, RELEASE, LEAVE_0, LEAVE_1, ADD_ACK, ADD_REJECT, DROP_ACK, /* the network */
	MODIFY_ACK, CHANGE,
	TIMEOUT,
	SETTLE }; /* the call manager, of itself */
chan event = [0] of { mtype, bit };

/* ---- Grace periods, as rte_rcu_qsbr has them. ---- */

/* Atomic: the counters only grow, so that one is read after the other makes no difference. */
#define passed(t) (cnt[0] >= (t) && cnt[1] >= (t))

/*
 * Only comparisons count, and 64 bits never wrap: what no counter stands between is one number, and
 * none is left out.
 */
#define renumbered(t) (t <= low -> 0 : (t <= high -> 1 : (low == high -> 1 : 2)))
inline renumber() {
	low = (cnt[0] < cnt[1] -> cnt[0] : cnt[1]);
	high = (cnt[0] < cnt[1] -> cnt[1] : cnt[0]);
	token = renumbered(token);
	circuit_token[1] = renumbered(circuit_token[1]);
	circuit_token[2] = renumbered(circuit_token[2]);
	circuit_token[3] = renumbered(circuit_token[3]);
	circuit_token[4] = renumbered(circuit_token[4]);
	list_token[1] = renumbered(list_token[1]);
	list_token[2] = renumbered(list_token[2]);
	cnt[0] = renumbered(cnt[0]);
	cnt[1] = renumbered(cnt[1]);
	low = 0;
	high = 0
}

/*
 * ---- A worker: dp_worker_turn(), with bursts of one frame ----
 * A step is what lies between two looks at memory that control writes.
 */

/* I1, I3 */
inline use_circuit(c) {
	assert(circuit_live[c])
}

inline give(c) {
	if
	:: nfull(to_control[_pid]) -> to_control[_pid]!c
	:: full(to_control[_pid]) -> skip /* I6: dropped */
	fi
}

/* serve() of replicate.c */
inline serve_leaf() {
	use_circuit(found[_pid]);
	if
	:: forward[found[_pid]] == TO_CONTROL -> give(found[_pid])
	:: else -> skip
	fi
}

/* A slot, and the forward word of its leaf. @return next: NONE if there is nobody to be served */
inline read_slot(i) {
	assert(list_live[list_of(to)]); /* I3 */
	next = slot_of(list_of(to), i);
	assert(next == HOLE || circuit_live[next]); /* I1 */
	next = (next != HOLE && forward[next] != TO_NOTHING -> next : NONE)
}

active [N_WORKERS] proctype worker() {
	byte to, next, low, high;

end:	do /* dp_slot_load() */
	:: atomic { !quiet && label[_pid] != NONE -> held[_pid] = label[_pid] }; break
	:: atomic { _pid == 0 && to_worker != NONE -> /* send_for_control(), dp_tx_flush() */
			assert(circuit_live[to_worker]); /* I1, DEACT-4 */
			to_worker = NONE;
			tx_due = false /* n_from_control has reached what was put before */
		}
	:: atomic { cnt[_pid] != token -> cnt[_pid] = token; renumber() }
	od;

	atomic {
		use_circuit(held[_pid]);
		to = forward[held[_pid]];
		if
		:: list_of(to) == NONE || n_of(to) == 0 -> goto last
		:: else -> skip
		fi
	};
	atomic {
		read_slot(0);
		found[_pid] = next;
		next = NONE;
		if
		:: n_of(to) == 1 -> goto last
		:: else -> skip
		fi
	};
	atomic { /* the one before is served when it is known not to be the last */
		read_slot(1);
		if
		:: next != NONE && found[_pid] != NONE -> serve_leaf()
		:: else -> skip
		fi;
		found[_pid] = (next != NONE -> next : found[_pid]);
		next = NONE
	};

last:	atomic { /* the last leaf, or at the end of the burst what stands aside for control */
		if
		:: found[_pid] != NONE -> serve_leaf()
		:: to == TO_CONTROL -> give(held[_pid])
		:: else -> skip
		fi;
		use_circuit(held[_pid]); /* the frame is counted there */
		held[_pid] = NONE;
		found[_pid] = NONE;
		to = NONE;
		goto end
	}
}

/* ---- Control: circuits and leaves, as circuit.c and leaf.c have them ---- */

#define is_free(c) ((c) <= CIRCUITS && !circuit_live[c])
#define free_circuit \
	(is_free(1) -> 1 : (is_free(2) -> 2 : (is_free(3) -> 3 : (is_free(4) -> 4 : NONE))))
#define n_free (is_free(1) + is_free(2) + is_free(3) + is_free(4))

#define list_in_use list_of(forward[root])
#define has_leaf(i) (i < n_of(forward[root]) && slot_of(list_in_use, i) != HOLE)
#define leaf_idx(p) (slot_of(list_in_use, 0) == leaf[p] -> 0 : 1)

inline take_circuit(c) {
	c = free_circuit;
	assert(c != NONE && circuit_wait[c] == NO_WAIT); /* I3 */
	assert(held[0] != c && held[1] != c && found[0] != c && found[1] != c); /* I1 */
	assert(!(to_control[0]??[eval(c)]) && !(to_control[1]??[eval(c)]) && to_worker != c); /* I9 */
	circuit_live[c] = true
}

inline put_circuit(c) {
	circuit_wait[c] = NO_WAIT;
	circuit_token[c] = 0;
	circuit_live[c] = false;
	forward[c] = TO_NOTHING
}

/* dp_retire() */
inline retire_circuit(c) {
	circuit_wait[c] = GRACE;
	circuit_token[c] = token
}

/* dp_list_alloc() */
inline take_list(l) {
	assert(!list_live[l] && list_wait[l] == NO_WAIT && slot_of(l, 0) == NONE); /* I3 */
	list_live[l] = true
}

/* dp_list_free() */
inline put_list(l) {
	list_wait[l] = NO_WAIT;
	list_token[l] = 0;
	list_live[l] = false;
	slot_of(l, 0) = NONE;
	slots[2] = (l == 2 -> NONE : slots[2])
}

inline retire_list(l) {
	list_wait[l] = GRACE;
	list_token[l] = token;
#ifdef BREAK_LIST
	list_live[l] = false
#endif
}

/*
 * Opening takes several stores, and workers run between them: the label, a grown list, the slot,
 * the number of slots, the circuit's own word.
 */

/* dp_circuit_open() */
inline open_circuit() {
	take_circuit(circuit);
	opened = circuit;
	label[0] = circuit
}

/* open_root() */
inline open_root() {
	assert(root == NONE && last_leaf == NONE); /* I3: the label is free */
	take_circuit(root);
	take_list(1);
	forward[root] = TO_LIST(1, 0);
	label[1] = root
}

/* replace_list(), for one leaf more */
inline grow() {
	take_list(2);
	slots[1] = slots[0];
	forward[root] = TO_LIST(2, 1);
	token++;
	retire_list(1)
}

/* find_slot(): ADD-6: where there is no room nothing has changed. @return opened, at */
inline open_leaf(p) {
	if
	:: free_circuit == NONE || (forward[root] == TO_LIST(1, 1) && list_live[2]) -> skip
	:: else ->
		take_circuit(opened);
		leaf[p] = opened;
		if
		:: forward[root] == TO_LIST(1, 1) -> grow()
		:: else -> skip
		fi;
		at = (n_of(forward[root]) == 2 && slots[1] == HOLE -> 0 :
			(n_of(forward[root]) == 2 -> 1 : n_of(forward[root])))
	fi
}

inline store_slot() {
	assert(slot_of(list_in_use, at) == NONE || slot_of(list_in_use, at) == HOLE);
	slot_of(list_in_use, at) = opened
}

inline store_count() {
	forward[root] = (at < n_of(forward[root]) -> forward[root] : forward[root] + 1)
}

/* dp_circuit_to_control(), or dp_circuit_join() */
inline connect() {
	forward[opened] = (opened == leaf[1] -> TO_TRUNK : TO_CONTROL);
	root_to_control = root_to_control || opened == leaf[0];
	opened = NONE;
	at = 0
}

/* shrink(): when there is no memory, the old list stays */
inline shrink() {
	if
	:: forward[root] == TO_LIST(2, 2) && !list_live[1] ->
		take_list(1);
		slots[0] = (has_leaf(0) -> slots[1] : slots[2]);
		forward[root] = TO_LIST(1, 1);
		retire_list(2)
	:: else -> skip
	fi
}

/* unlink_root(): its label leads nowhere */
inline unlink_root() {
	label[1] = NONE;
	retire_list(list_in_use);
	retire_circuit(root)
}

/* dp_leaf_unlink() takes one token with what follows: to a worker a hole is as good as that. */
inline unlink_leaf(p) {
	assert(leaf[p] != NONE);
	token++;
	at = leaf_idx(p);
	slot_of(list_in_use, at) = HOLE;
	at = 0;
	retire_circuit(leaf[p]);
#ifdef BREAK_LEAF
	circuit_live[leaf[p]] = false;
#endif
	last_leaf = (has_leaf(0) || has_leaf(1) -> NONE : leaf[p]);
	leaf[p] = NONE
}

/* ---- Control: reclamation, as reclaim.c has it. In the order of the queue. ---- */

#define is_old_leaf(c, state) \
	(circuit_wait[c] == state && c != circuit && c != root && c != last_leaf)
#define is_any_old_leaf(state) \
	(is_old_leaf(1, state) || is_old_leaf(2, state) || is_old_leaf(3, state) || \
	is_old_leaf(4, state))

#ifdef BREAK_GRACE
#define grace_over(c) (circuit_wait[c] == GRACE)
#else
#define grace_over(c) (circuit_wait[c] == GRACE && passed(circuit_token[c]))
#endif
#define list_grace_over(l) (list_wait[l] == GRACE && passed(list_token[l]))

/* Leaves that were dropped, the lists, the root, the last leaf. */
#define may_reclaim(c) (grace_over(c) && \
	(c != root || (list_wait[1] == NO_WAIT && list_wait[2] == NO_WAIT && \
		!is_any_old_leaf(GRACE))) && \
	(c != last_leaf || circuit_wait[root] != GRACE))
/* finish_drained(): in the order in which they began */
#define is_drained(c) (circuit_wait[c] == DRAINS && (rx_due & (1 << c)) == 0 && \
	(c != circuit || !tx_due) && \
	(c != root || !is_any_old_leaf(DRAINS)) && (c != last_leaf || root == NONE))

/* DP_CIRCUIT_DRAINS. */
#ifdef BREAK_LABEL
#define drains(c) ((c == root && root_to_control) || forward[c] == TO_CONTROL)
#else
#define drains(c) (((c == root || c == last_leaf) && root_to_control) || \
	forward[c] == TO_CONTROL)
#endif

/* drain(): the marks are what the rings to its worker's control and back have now */
inline drain(c) {
	circuit_wait[c] = DRAINS;
	circuit_token[c] = 0;
#ifndef BREAK_RING
	rx_due = rx_due | ((c == circuit && len(to_control[0]) > 0) ||
		(c != circuit && len(to_control[1]) > 0) -> 1 << c : 0);
#endif
#ifndef BREAK_SENDS
	tx_due = (c == circuit && to_worker != NONE) || tx_due
#endif
}

/* finish(), and on_reclaimed() of the driver */
inline finish_circuit(c) {
	if
	:: c == circuit ->
		assert(vc[0] == DEACTIVATING);
		put_circuit(c);
		circuit = NONE;
		vc[0] = HELD /* until drained(): the client's packets hold it, the circuit is free */
	:: c == root ->
		put_circuit(c);
		root = NONE;
		root_to_control = false
	:: c == last_leaf ->
		assert(root == NONE); /* the label has been given back */
		put_circuit(c);
		last_leaf = NONE;
		drained(1)
	:: else -> put_circuit(c)
	fi
}

#ifdef BREAK_DRAIN
#define is_back true
#else
#define is_back (!receives_out)
#endif

#define nothing_left (cm[0] == CM_IDLE && cm[1] == CM_IDLE && n_free == CIRCUITS && \
	!list_live[1] && !list_live[2] && !receives_out)

/*
 * ---- Control: what its handlers do ----
 * Each event is one atomic step, as there is one thread.
 */

inline make_completes(v) {
	assert(make_owed[v]); /* MAKE-4, MAKE-5 */
	make_owed[v] = false
}

inline modify_completes() {
	assert(modify_owed); /* RACE-7 */
	modify_owed = false
}

/* CLOSE-15: the call manager completes; the client hears of it when its handler returned. */
inline complete_close(v) {
	assert(!completed);
	completed = true;
	call[v] = (vc[v] == INACTIVE -> IDLE : RELEASED) /* CLOSE-20 */
}

/* CLOSE-39: no handler of the client's runs. */
inline tell_completion(v) {
	assert(close_owed[v]); /* I2, ASYNC-1 */
	assert(v == 1 || !modify_owed); /* RACE-7 */
	close_owed[v] = false;
	completed = false
}

/* The miniport reports the end of a deactivation. */
inline drained(v) {
	assert(vc[v] == DEACTIVATING || vc[v] == HELD); /* I2 */
	assert(v == 1 || !receives_out); /* DEACT-2, RACE-19 */
	assert(v == 1 || !sends_out);    /* DEACT-2 */
	vc[v] = INACTIVE;
#ifdef MCM
	assert(cm[v] == CM_RELEASED && call[v] == RELEASED);
	call[v] = IDLE;
#else
	assert(cm[v] == CM_DRAINING);
	complete_close(v); /* CLOSE-21 */
	tell_completion(v);
#endif
	cm[v] = CM_IDLE
}

/* DROP-13: the other party keeps its connection. */
inline complete_drop(p) {
	assert(drop_owed[p]);
	drop_owed[p] = false;
	party[p] = GONE;
	unlink_leaf(p);
	assert(last_leaf == NONE);
	shrink()
}

/* ADD-6: if it fails, the other party keeps its connection. */
inline complete_add(p, result) {
	assert(add_owed[p]);
	add_owed[p] = false;
	assert(label[1] != NONE && leaf[1 - p] != NONE);
	party[p] = result
}

/* DEACT-1: dp_circuit_unlink() */
inline deactivate(v) {
	assert(vc[v] == ACTIVE);
	vc[v] = DEACTIVATING;
	if
	:: v == 0 ->
		label[0] = NONE;
		token++;
		retire_circuit(circuit)
	:: else ->
		p = (leaf[0] != NONE -> 0 : 1);
		unlink_leaf(p);
		assert(last_leaf != NONE);
		unlink_root()
	fi
}

/* finish() of the call manager: the network is done with the call. */
inline finish(v) {
	if
	:: v == 0 && modify_owed -> modify_completes() /* RACE-7 */
	:: else -> skip
	fi;
	party[0] = (v == 1 -> GONE : party[0]);
	party[1] = (v == 1 -> GONE : party[1]);
#ifdef MCM
	cm[v] = CM_RELEASED; /* CLOSE-19 */
	complete_close(v);
#else
	cm[v] = CM_DRAINING; /* CLOSE-18 */
#endif
	deactivate(v)
}

#define one_party ((party[0] == GONE) != (party[1] == GONE))
#define is_dropping (party[0] == DROPPING || party[1] == DROPPING)
#define is_joining (party[0] == JOINING || party[1] == JOINING)
#define is_leaving (party[0] == LEAVING || party[1] == LEAVING)
#define joining (party[0] == JOINING -> 0 : 1)
#define dropping (party[0] == DROPPING -> 0 : 1)
#define leaving (party[0] == LEAVING -> 0 : 1)

/* CLOSE-27, CLOSE-4, RACE-10, RACE-11: else it is refused. */
#define may_close(v) ((call[v] == UP || call[v] == CLOSE_OWED) && \
	(v == 1 || !sends_out) && (v == 0 || (one_party && !is_dropping)))
/* RACE-4 */
#define may_defer(v) (call[v] == MAKING && !deferred[v])
#define is_connected(p) (party[p] == JOINED || party[p] == LEAVING || party[p] == LEFT)
/* DROP-5: there must be another party; INCLOSE-5: also after the remote has closed. */
#define may_drop(p) ((call[1] == UP || call[1] == CLOSE_OWED) && \
	is_connected(p) && is_connected(1 - p))
/* ADD-1 */
#define may_add(p) (call[1] == UP && cm[1] == CM_UP && party[p] == GONE && party[1 - p] == JOINED)
/* MAKE-1, CLOSE-3 */
#define may_make(v) (call[v] == IDLE && vc[v] == INACTIVE)

#define may_run_handler(m) (m != MAKE && m != CLOSE && m != MODIFY && m != SEND && m != RETURN && \
	m != ADD_0 && m != ADD_1)
/* A request that ends first, or a party that is settled then. */
#define may_run_two(m) \
	((m == RELEASE && (v == 1 -> is_dropping || is_joining : modify_owed)) || \
	(is_leaving && (m == DROP_ACK || m == ADD_ACK || m == ADD_REJECT || m == LEAVE_0 || \
	m == LEAVE_1)))

/*
 * One event, then what the client does from inside the handler that it ran (@inside), then the end
 * of the call if this was it (@done), and at last the completion.
 */
inline handle(m, v) {
	if
	:: m == MAKE -> /* MAKE-1 */
		call[v] = MAKING;
		cm[v] = CM_SETUP;
		make_owed[v] = true
	:: m == CLOSE && call[v] == MAKING -> /* RACE-4 */
		deferred[v] = true;
		close_owed[v] = true
	:: m == CLOSE && call[v] != MAKING -> closing = true
	:: m == MODIFY -> modify_owed = true
	:: m == SEND -> /* ACT-1 */
		sends_out = (to_worker != NONE);
		to_worker = circuit
	:: m == RETURN -> receives_out = false
	:: m == ADD_0 || m == ADD_1 ->
		p = (m == ADD_0 -> 0 : 1);
		add_owed[p] = true;
		party[p] = JOINING
	:: m == DROP_0 || m == DROP_1 ->
		p = (m == DROP_0 -> 0 : 1);
		drop_owed[p] = true;
		if
		:: cm[1] == CM_RELEASE_IND || party[p] != JOINED -> /* the network has gone */
			complete_drop(p);
			inside = true
		:: else -> party[p] = DROPPING
		fi
	:: m == CONNECT && cm[v] == CM_SETUP ->
		vc[v] = ACTIVE; /* ACT-2 */
		cm[v] = CM_UP;
		call[v] = UP;
		party[0] = (v == 1 -> JOINED : party[0]);
		make_completes(v);
		inside = !deferred[v];
		closing = deferred[v] /* RACE-4: after make_call_complete */
	:: (m == RELEASE || m == TIMEOUT) && cm[v] == CM_SETUP -> /* RACE-6 */
		cm[v] = CM_IDLE;
		call[v] = IDLE;
		make_completes(v);
		if
		:: deferred[v] -> deferred[v] = false; completed = true /* RACE-5 */
		:: else -> skip
		fi
	:: (m == RELEASE || m == TIMEOUT) && cm[v] == CM_RELEASING ->
		done = true /* RACE-1: a release, like the answer or T308, ends it */
	:: m == RELEASE && cm[v] == CM_UP ->
		inside = true;
		if
		:: v == 1 && is_joining -> /* RACE-12 */
			p = joining;
			complete_add(p, GONE);
			retry = true
		:: v == 1 && is_dropping -> /* RACE-12 */
			p = dropping;
			complete_drop(p);
			retry = true
		:: v == 0 && modify_owed -> /* RACE-12 */
			modify_completes();
			retry = true
		:: else ->
			cm[v] = CM_RELEASE_IND;
			assert(call[v] == UP);
			assert(v == 0 || (!add_owed[0] && !add_owed[1])); /* RACE-12 */
			assert(v == 0 || (!drop_owed[0] && !drop_owed[1]));
			assert(v == 1 || !modify_owed);
			call[v] = CLOSE_OWED /* INCLOSE-1, INCLOSE-7 */
		fi
	:: (m == ADD_ACK || m == ADD_REJECT) && cm[1] == CM_UP && is_joining ->
		p = joining;
		complete_add(p, (leaf[p] != NONE -> JOINED : GONE));
		inside = true;
		m = SETTLE;
		retry = true
	:: m == DROP_ACK && cm[1] == CM_UP && is_dropping ->
		p = dropping;
		complete_drop(p);
		inside = true;
		m = SETTLE;
		retry = true
	:: (m == LEAVE_0 || m == LEAVE_1) && cm[1] == CM_UP ->
		p = (m == LEAVE_0 -> 0 : 1);
		if
		:: party[p] == DROPPING -> complete_drop(p); inside = true /* RACE-13 */
		:: party[p] == JOINING -> complete_add(p, GONE); inside = true
		:: party[p] == JOINED -> party[p] = LEAVING
		:: else -> skip
		fi;
		m = SETTLE;
		retry = true
	:: m == SETTLE && cm[1] == CM_UP && is_leaving && !is_dropping && !is_joining ->
		p = leaving;
		party[p] = LEFT;
		inside = true;
		if
		:: party[1 - p] == JOINED -> skip /* INDROP-1 */
		:: else ->
			cm[1] = CM_RELEASE_IND; /* INCLOSE-15, RACE-14 */
			call[1] = CLOSE_OWED
		fi
	:: m == MODIFY_ACK && modify_owed -> /* QOS-5 */
		modify_completes();
		inside = (cm[0] == CM_UP)
	:: m == CHANGE && cm[0] == CM_UP && !modify_owed -> inside = true /* INQOS-1 */
	:: else -> skip /* I7, RACE-8: out of place */
	fi;
	/* CLOSE-33 to CLOSE-37: from inside the handler, or else later */
	if
	:: inside && eager == 1 && may_close(v) -> closing = true
	:: else -> skip
	fi;
	eager = (inside && eager > 0 -> eager - 1 : eager);
	if
	:: closing && cm[v] == CM_UP -> /* CLOSE-2 */
		close_owed[v] = true;
		deferred[v] = false;
		call[v] = CLOSING;
		cm[v] = CM_RELEASING
	:: closing && cm[v] == CM_RELEASE_IND -> /* INCLOSE-8, INCLOSE-9 */
		close_owed[v] = true;
		call[v] = CLOSING;
		done = true
	:: else -> skip
	fi;
	if
	:: done -> finish(v)
	:: else -> skip
	fi;
	if
	:: completed -> tell_completion(v)
	:: else -> skip
	fi;
#ifdef BREAK_ONCE
	if
	:: done && m == RELEASE -> tell_completion(v)
	:: else -> skip
	fi;
#endif
	inside = false;
	closing = false;
	done = false;
	p = 0
}

/* A frame that a worker had handed over: on_frame() of the driver. What came before it came too. */
inline deliver(c) {
	assert(circuit_live[c]); /* DEACT-3, DEACT-4 */
	if
	:: c == circuit && call[0] != RELEASED && !receives_out -> receives_out = true
	:: true -> skip /* returned at once; CLOSE-31: after the completion always so */
	fi;
	rx_due = (c == circuit -> rx_due & ~(1 << circuit) : rx_due & (1 << circuit));
	c = NONE
}

active proctype control() {
	mtype m;
	bit v;
	bit p;
	byte c;
	byte eager; /* the client closes from inside this handler: the first, the second, none */
	bool inside, closing, done, completed, retry;

serve:	do
	:: atomic { event?m, v ->
			if
			:: eager = 0
			:: may_run_handler(m) -> eager = 1
			:: may_run_two(m) -> eager = 2
			fi;
			if
			:: m == CONNECT && cm[v] == CM_SETUP && v == 0 -> open_circuit()
			:: m == CONNECT && cm[v] == CM_SETUP && v == 1 -> open_root()
			:: else -> skip
			fi;
			if
			:: (m == CONNECT && cm[v] == CM_SETUP && v == 1) || (m == ADD_ACK && is_joining) ->
				p = (m == CONNECT -> 0 : joining);
				open_leaf(p);
				p = 0
			:: else -> skip
			fi;
			if
			:: opened != NONE -> goto storing
			:: else -> skip
			fi;
handling:		retry = true;
			STEP {
				do
				:: retry -> retry = false; handle(m, v)
				:: else -> break
				od;
				m = 0;
				v = 0;
				eager = 0
			}
		}
	:: atomic {
			if
			:: to_control[0]?c
			:: to_control[1]?c
			fi;
			deliver(c)
		}
	:: atomic { sends_out && to_worker == NONE -> /* ethvc_locals_turn() */
			to_worker = circuit;
			sends_out = false
		}
	:: atomic { list_grace_over(1) -> put_list(1) }
	:: atomic { list_grace_over(2) -> put_list(2) }
	:: atomic {
			if
			:: may_reclaim(1) || is_drained(1) -> c = 1
			:: may_reclaim(2) || is_drained(2) -> c = 2
			:: may_reclaim(3) || is_drained(3) -> c = 3
			:: may_reclaim(4) || is_drained(4) -> c = 4
			fi;
			if
			:: circuit_wait[c] == GRACE && drains(c) -> drain(c)
			:: else -> finish_circuit(c)
			fi;
			c = NONE
		}
	:: atomic { vc[0] == HELD && is_back -> drained(0) }
	:: atomic { quiet && nothing_left -> break }
	od;
	atomic { /* I2, I4 */
		assert(!make_owed[0] && !make_owed[1] && !close_owed[0] && !close_owed[1]);
		assert(!add_owed[0] && !add_owed[1] && !drop_owed[0] && !drop_owed[1]);
		assert(!modify_owed && !sends_out && to_worker == NONE);
		assert(label[0] == NONE && label[1] == NONE && circuit == NONE && root == NONE);
		assert(leaf[0] == NONE && leaf[1] == NONE && last_leaf == NONE);
		assert(empty(to_control[0]) && empty(to_control[1]) && rx_due == 0 && !tx_due);
		goto over
	}

storing: /* one store after the other */
	if
	:: v == 1 ->
#ifdef BREAK_ORDER
		atomic { store_count() };
		atomic { store_slot() }
#else
		atomic { store_slot() };
		atomic { store_count() }
#endif
	:: else -> skip
	fi;
	atomic { connect(); goto handling };

over:	skip
}

/* Control listens, but for when it is about to store. */
#define tell(condition, m, v) atomic { opened == NONE && (condition) -> event!m, v }

/* ---- The client: whatever it may do, whenever it may. ---- */

active proctype client() {
end:	do
	:: tell(!quiet && ONLY != 1 && may_make(0), MAKE, 0)
	:: tell(!quiet && ONLY != 0 && may_make(1), MAKE, 1)
	:: tell(may_close(0) || may_defer(0), CLOSE, 0)
	:: tell(may_close(1) || may_defer(1), CLOSE, 1)
	:: tell(!quiet && may_add(0), ADD_0, 1)
	:: tell(!quiet && may_add(1), ADD_1, 1)
	:: tell(may_drop(0), DROP_0, 1)
	:: tell(may_drop(1), DROP_1, 1)
	:: tell(!quiet && ONLY == 0 && call[0] == UP && !modify_owed, MODIFY, 0)
	:: tell(!quiet && call[0] == UP && !sends_out, SEND, 0)
	:: tell(receives_out, RETURN, 0)
	od
}

/*
 * ---- The peer: any message, whether anybody awaits it or not ----
 * The guards spare the search what has no row in the call manager's table and so changes only a
 * counter (I7, RACE-8).
 */

#define hears_release(v) (cm[v] == CM_SETUP || cm[v] == CM_UP || cm[v] == CM_RELEASING)

active proctype peer() {
	do
	:: tell(!quiet && cm[0] == CM_SETUP && n_free > 0, CONNECT, 0)
	:: tell(!quiet && cm[1] == CM_SETUP && n_free > 1, CONNECT, 1)
	:: tell(!quiet && hears_release(0), RELEASE, 0)
	:: tell(!quiet && hears_release(1), RELEASE, 1)
	:: tell(!quiet && cm[1] == CM_UP && party[0] != GONE, LEAVE_0, 1)
	:: tell(!quiet && cm[1] == CM_UP && party[1] != GONE, LEAVE_1, 1)
	:: tell(!quiet && cm[1] == CM_UP && is_joining, ADD_ACK, 1)
	:: tell(!quiet && cm[1] == CM_UP && is_dropping, DROP_ACK, 1)
	:: tell(!quiet && modify_owed, MODIFY_ACK, 0)
	:: tell(!quiet && ONLY == 0 && cm[0] == CM_UP && !modify_owed, CHANGE, 0)
	:: quiet = true; break
	od
}

/* ---- The timers of what awaits the peer (I8, CLOSE-43). ---- */

active proctype timers() {
end:	do
	:: tell(cm[0] == CM_SETUP, TIMEOUT, 0)
	:: tell(cm[1] == CM_SETUP, TIMEOUT, 1)
#ifndef BREAK_TIMER
	:: tell(cm[0] == CM_RELEASING, TIMEOUT, 0)
	:: tell(cm[1] == CM_RELEASING, TIMEOUT, 1)
#endif
	:: tell(cm[1] == CM_UP && is_joining, ADD_REJECT, 1)
	:: tell(cm[1] == CM_UP && is_dropping, DROP_ACK, 1)
	:: tell(modify_owed, MODIFY_ACK, 0)
	od
}

#if ONLY < 2
ltl closes { [] (close_owed[ONLY] -> <> !close_owed[ONLY]) }
#endif
