/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Close, party drop, deactivation, quiescence of the workers, drain and reuse: two workers, two
 * VCs, the control thread, and a world that does anything at any time. It proves, for any number
 * of frames, network messages and calls:
 *   - no worker touches a circuit or a replication list after it was reclaimed (I1, I3);
 *   - every make, close, drop, modify and deactivation completes exactly once (I2);
 *   - nobody waits for ever for an event that cannot come (I8), and nothing is left (I4).
 *
 * VC 0 is point-to-point, its frames go to a local client. VC 1 is multipoint with two parties,
 * its frames are replicated. Both take their circuits from the same two.
 *
 * Options: -DMCM: completion first (CLOSE-19), else deactivation first (CLOSE-18).
 *          -DONLY=0, -DONLY=1: calls on that VC alone. A search so small that a generation can tell
 *          each call on a circuit from the next (I9), and that under weak fairness each close which
 *          begins also completes, although the world never falls silent (LTL formula closes).
 *          -DBREAK_...: one line is broken, and SPIN has to find it (spin_test.py says by what).
 *
 * Parties, replication lists, QoS changes, and the drain of receives, sends and rings are drawn
 * from the contract (4.8, 4.12 to 4.14) and from the design, the rest from the code: cm_fsm of the
 * call manager, the broker's close.c and vc.c, reclaim.c, circuit.c, worker.c and switch.c.
 *
 * What is left out, and why:
 *   - Weak memory: SPIN's memory is sequentially consistent. The comments at each atomic of
 *     lib/dataplane say which store pairs with which load.
 *   - The order and the lateness of network messages: the peer says anything at any time, so every
 *     delay in a queue is among what it does. What belongs to an earlier call changes nothing.
 *   - A frame whose slot is empty, and a request that is refused: both change only counters.
 *   - Bursts: whoever holds two circuits is whoever holds one for longer.
 *   - Add: the second party is there as soon as the call is up.
 *   - Not covered: incoming calls, activation that fails or pends, a close that the call manager
 *     refuses (RACE-3), cross-connects, deletion of a VC.
 */

#define N_WORKERS 2
#ifdef ONLY
#define STEP atomic /* tells which of its lines were never reached */
#else
#define STEP d_step /* does not, but takes two thirds of the time */
#define ONLY 2
#endif
#define NONE 0 /* circuits, and so labels, are numbered from 1 as in lib/dataplane; lists too */

/* ---- What workers read. Control alone writes. ---- */

#define FWD_CONTROL 3 /* else the number of a replication list */

byte slot[3];    /* by label; a label has the number of its circuit */
byte forward[3]; /* by circuit */
byte token;      /* rte_rcu_qsbr */
byte cnt[2];     /* of each worker, which writes it: the token it saw when last quiescent */

chan to_control[N_WORKERS] = [1] of { byte };
byte to_worker; /* control's ring to worker 0: the circuit of a frame to be sent */

/* ---- Ghosts: nobody acts on them, assertions read them. ---- */

bool circuit_live[3]; /* from opening to the end of deactivation */
bit generation[3];    /* of each circuit: changes when it is opened again */
bool list_live[3];
bool leaf_live[2];

/* ---- Of control. ---- */

mtype:cm = { CM_IDLE, CM_SETUP, CM_UP, CM_RELEASE_IND, CM_RELEASING, CM_DRAINING, CM_RELEASED };
mtype:call = { IDLE, MAKING, UP, CLOSE_OWED, CLOSING, RELEASED };
mtype:vc = { INACTIVE, ACTIVE, DEACTIVATING };
mtype:party = { GONE, JOINED, DROP_IND, DROPPING };
mtype:reclaim = { NO_WAIT, UNCOVERED, COVERED };

mtype:cm cm[2] = CM_IDLE;
mtype:call call[2] = IDLE;
mtype:vc vc[2] = INACTIVE;
mtype:party party[2] = GONE; /* of VC 1 */
byte circuit[2];             /* of each VC */
byte list;                   /* of VC 1 */
byte leaves[3];              /* of each list, a bit for each party */
bool deferred[2];            /* RACE-4 */
bool receives_out;           /* of VC 0, as are the next two */
bool sends_out;              /* worker 0 ends it: the frame was sent */
mtype:reclaim circuit_wait[3] = NO_WAIT;
byte circuit_token[3];
mtype:reclaim list_wait = NO_WAIT; /* of list 1, when list 2 has taken its place */
byte list_token;

/* Requests that are not yet completed: each completion asserts that it is owed (I2). */
bool make_owed[2], close_owed[2], drop_owed[2], modify_owed;

bool quiet; /* from now on: no frame, no message, no new call */

mtype = { MAKE, CLOSE, DROP_0, DROP_1, MODIFY, SEND, RETURN,              /* the client */
	CONNECT, RELEASE, LEAVE_0, LEAVE_1, DROP_ACK, MODIFY_ACK, CHANGE, /* the network */
	TIMEOUT };
chan event = [0] of { mtype, bit };

/* ---- Grace periods, as rte_rcu_qsbr has them. ---- */

/* Atomic: the counters only grow, so that one is read after the other makes no difference. */
#define passed(t) (cnt[0] >= (t) && cnt[1] >= (t))

/* Only comparisons count, and 64 bits never wrap: what all counters have in common is taken off. */
inline take_off_common() {
	do
	:: cnt[0] > 0 && cnt[1] > 0 ->
		token--; cnt[0]--; cnt[1]--;
		circuit_token[1] = (circuit_token[1] > 0 -> circuit_token[1] - 1 : 0);
		circuit_token[2] = (circuit_token[2] > 0 -> circuit_token[2] - 1 : 0);
		list_token = (list_token > 0 -> list_token - 1 : 0)
	:: else -> break
	od
}

/* I1, I3 */
inline use_circuit() {
	assert(circuit_live[held] && generation[held] == gen)
}

inline use_leaf(l) {
	assert(list_live[to]);
	assert(!(leaves[to] & (1 << l)) || leaf_live[l])
}

/*
 * ---- A worker: dp_worker_turn(), with bursts of one frame ----
 * A step is what lies between two looks at memory that control writes.
 */

active [N_WORKERS] proctype worker() {
	byte held, to;
	bit gen; /* that of @held */

end:	do /* dp_slot_load() */
	:: atomic { !quiet && slot[1] != NONE -> held = slot[1]; gen = generation[held] }; break
	:: atomic { !quiet && slot[2] != NONE -> held = slot[2]; gen = generation[held] }; break
	:: atomic { _pid == 0 && to_worker != NONE -> /* send_for_control(), dp_tx_flush() */
			assert(circuit_live[to_worker]); /* I1, DEACT-4 */
			to_worker = NONE;
			sends_out = false
		}
	:: atomic { cnt[_pid] != token -> cnt[_pid] = token; take_off_common() }
	od;

	atomic {
		use_circuit();
		to = forward[held];
		if
		:: to != FWD_CONTROL -> use_leaf(0)
		:: else -> skip
		fi
	};
	if
	:: to == FWD_CONTROL -> /* the frame stands aside until the end of the burst */
		atomic {
			if
			:: nfull(to_control[_pid]) -> to_control[_pid]!held
			:: full(to_control[_pid]) -> skip /* I6: dropped */
			fi;
			to = NONE;
			held = NONE;
			gen = 0
		}
	:: else ->
		atomic { /* the other leaf; then the frame is counted in the entry */
			use_circuit();
			use_leaf(1);
			to = NONE;
			held = NONE;
			gen = 0
		}
	fi;
	goto end
}

/*
 * ---- Control: what its handlers do ----
 * Each event is one atomic step, as there is one thread, and makes at most one store that a worker
 * can see.
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

/* A new list, published in place of the one that the workers may still read (design 5). */
inline replace_list(mask) {
	assert(list == 1 && !list_live[2]);
	list = 2;
	list_live[list] = true;
	leaves[list] = mask;
	forward[circuit[1]] = list;
#ifdef BREAK_LIST
	list_live[1] = false;
#endif
	list_wait = UNCOVERED
}

/* DROP-13: the other party keeps its connection. */
inline complete_drop(p) {
	assert(drop_owed[p]);
	drop_owed[p] = false;
	party[p] = GONE;
	replace_list(2 - p) /* the bit of the other party */
}

#define is_free(c) (circuit[0] != (c) && circuit[1] != (c))

/* dp_circuit_open(): the first that is free; of two that are, by turns if there are generations. */
inline open_circuit(v) {
	circuit[v] = (is_free(1) && generation[1] == generation[2] -> 1 : 2);
	assert(!circuit_live[circuit[v]]); /* I3 */
	circuit_live[circuit[v]] = true;
	generation[circuit[v]] = (ONLY == 2 -> 0 : 1 - generation[circuit[v]]);
	if
	:: v == 0 -> forward[circuit[v]] = FWD_CONTROL
	:: else ->
		list = 1;
		assert(!list_live[list]);
		list_live[list] = true;
		party[0] = JOINED;
		leaf_live[0] = true;
		/* The second is added before anything else happens, unless the call ends at once. */
		party[1] = (deferred[v] -> GONE : JOINED);
		leaf_live[1] = !deferred[v];
		leaves[list] = (deferred[v] -> 1 : 3);
		forward[circuit[v]] = list
	fi;
	vc[v] = ACTIVE;
	slot[circuit[v]] = circuit[v]
}

/* DEACT-1: dp_circuit_unlink(). The list goes when the circuit goes. */
inline deactivate(v) {
	assert(vc[v] == ACTIVE);
	vc[v] = DEACTIVATING;
	slot[circuit[v]] = NONE;
	circuit_wait[circuit[v]] = UNCOVERED
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

/* CLOSE-27, CLOSE-4, RACE-11: else it is refused. */
#define may_close(v) ((call[v] == UP || call[v] == CLOSE_OWED) && \
	(v == 1 || !sends_out) && (v == 0 || (one_party && !is_dropping)))
/* RACE-4 */
#define may_defer(v) (call[v] == MAKING && !deferred[v])
/* DROP-5: there must be another party; INCLOSE-5: also after the remote has closed. */
#define may_drop(p) ((call[1] == UP || call[1] == CLOSE_OWED) && \
	(party[p] == JOINED || party[p] == DROP_IND) && \
	(party[1 - p] == JOINED || party[1 - p] == DROP_IND))
/* MAKE-1, CLOSE-3 */
#define may_make(v) (call[v] == IDLE && vc[v] == INACTIVE)

/* DEACT-2, DEACT-3: nothing is out, and nothing is still in the rings. */
#ifdef BREAK_DRAIN
#define is_back(c) true
#else
#define is_back(c) (circuit[0] != (c) || !receives_out)
#endif
#ifdef BREAK_RING
#define is_taken(c) true
#else
#define is_taken(c) (!(to_control[0]??[c]) && !(to_control[1]??[c]))
#endif
#define is_drained(c) (is_back(c) && is_taken(c) && (circuit[0] != (c) || !sends_out))

#ifdef BREAK_GRACE
#define grace_over(c) (circuit_wait[c] != NO_WAIT)
#else
#define grace_over(c) (circuit_wait[c] == COVERED && passed(circuit_token[c]))
#endif

/* In the order of unlinking: the circuit's old lists before the circuit. */
#define may_reclaim(c) (grace_over(c) && is_drained(c) && \
	(circuit[1] != (c) || list_wait == NO_WAIT))
#define may_reclaim_list (list_wait == COVERED && passed(list_token))

#define cover(wait, tok) \
	if \
	:: wait == UNCOVERED -> wait = COVERED; tok = token \
	:: else -> skip \
	fi
#define is_uncovered (circuit_wait[1] == UNCOVERED || circuit_wait[2] == UNCOVERED || \
	list_wait == UNCOVERED)

#define nothing_left (cm[0] == CM_IDLE && cm[1] == CM_IDLE && \
	circuit[0] == NONE && circuit[1] == NONE && \
	list_wait == NO_WAIT && !receives_out)

#define may_run_handler(m) (m != MAKE && m != CLOSE && m != MODIFY && m != SEND && m != RETURN)

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
#ifndef BREAK_SENDS
		sends_out = true;
#endif
		to_worker = circuit[0]
	:: m == RETURN -> receives_out = false
	:: m == DROP_0 || m == DROP_1 ->
		p = (m == DROP_0 -> 0 : 1);
		drop_owed[p] = true;
		if
		:: cm[1] == CM_RELEASE_IND || party[p] == DROP_IND -> /* the network has gone */
			complete_drop(p);
			inside = true
		:: else -> party[p] = DROPPING
		fi
	:: m == CONNECT && cm[v] == CM_SETUP ->
		open_circuit(v); /* ACT-2 */
		cm[v] = CM_UP;
		call[v] = UP;
		make_completes(v);
		inside = !deferred[v];
		closing = deferred[v]; /* RACE-4: after make_call_complete */
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
		if
		:: v == 1 && is_dropping -> /* RACE-12 */
			p = (party[0] == DROPPING -> 0 : 1);
			complete_drop(p);
			inside = true;
			retry = true
		:: v == 0 && modify_owed -> /* RACE-12 */
			modify_completes();
			inside = true;
			retry = true
		:: else ->
			cm[v] = CM_RELEASE_IND;
			assert(call[v] == UP);
			call[v] = CLOSE_OWED; /* INCLOSE-1, INCLOSE-7 */
			inside = true
		fi
	:: m == DROP_ACK && cm[1] == CM_UP && is_dropping ->
		p = (party[0] == DROPPING -> 0 : 1);
		complete_drop(p);
		inside = true
	:: (m == LEAVE_0 || m == LEAVE_1) && cm[1] == CM_UP ->
		p = (m == LEAVE_0 -> 0 : 1);
		if
		:: party[p] == DROPPING -> complete_drop(p); inside = true /* RACE-13 */
		:: party[p] == JOINED && party[1 - p] != GONE && party[1 - p] != DROPPING ->
			party[p] = DROP_IND; /* INDROP-1 */
			inside = true
		:: party[p] == JOINED && (party[1 - p] == GONE || party[1 - p] == DROPPING) ->
			m = RELEASE; /* INCLOSE-15, RACE-14 */
			retry = true
		:: else -> skip
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

/* dp_reclaim_poll(), reclaim_one(): on_reclaimed() of the driver. */
inline reclaim(c) {
	v = (circuit[0] == c -> 0 : 1);
	assert(circuit[v] == c && vc[v] == DEACTIVATING); /* I2 */
	assert(v == 1 || !receives_out); /* DEACT-2, RACE-19 */
	assert(v == 1 || !sends_out);    /* DEACT-2 */
	circuit_wait[c] = NO_WAIT;
	circuit_token[c] = 0;
	circuit_live[c] = false;
	forward[c] = NONE;
	circuit[v] = NONE;
	if
	:: v == 1 ->
		list_live[list] = false;
		leaves[list] = 0;
		list = NONE;
		leaf_live[0] = false;
		leaf_live[1] = false
	:: else -> skip
	fi;
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

/* The list that was replaced, and the leaf that only it had. */
inline reclaim_list() {
	list_wait = NO_WAIT;
	list_token = 0;
	list_live[1] = false;
	leaves[1] = 0;
	leaf_live[0] = (leaves[2] & 1);
	leaf_live[1] = (leaves[2] & 2)
}

/* A frame that a worker had handed over: on_frame() of the driver. */
inline deliver(c) {
	assert(circuit_live[c]); /* DEACT-3, DEACT-4 */
	assert(circuit[0] == c); /* RECV-1 */
	if
	:: call[0] != RELEASED && !receives_out -> receives_out = true
	:: true -> skip /* returned at once; CLOSE-31: after the completion always so */
	fi
}

active proctype control() {
	mtype m;
	bit v;
	bit p;
	byte c;
	byte eager; /* the client closes from inside this handler: the first, the second, none */
	bool inside, closing, done, completed, retry;

	do
	:: atomic { event?m, v ->
			if
			:: eager = 0
			:: may_run_handler(m) -> eager = 1
			:: m == RELEASE && ((v == 1 && is_dropping) || (v == 0 && modify_owed)) -> eager = 2
			fi;
			STEP {
				retry = true;
				do
				:: retry -> retry = false; handle(m, v)
				:: else -> break
				od;
				m = 0;
				v = 0;
				eager = 0
			}
		}
	:: atomic { to_control[0]?c -> deliver(c); c = NONE }
	:: atomic { to_control[1]?c -> deliver(c); c = NONE }
	:: atomic { is_uncovered -> /* start_batch(): one token for all */
			assert(token < 4); /* at most two circuits and a list wait: no wrap */
			token++;
			cover(circuit_wait[1], circuit_token[1]);
			cover(circuit_wait[2], circuit_token[2]);
			cover(list_wait, list_token)
		}
	:: atomic { may_reclaim_list -> reclaim_list() }
	:: atomic { may_reclaim(1) -> reclaim(1); v = 0 }
	:: atomic { may_reclaim(2) -> reclaim(2); v = 0 }
	:: atomic { quiet && nothing_left -> break }
	od;
	atomic { /* I2, I4 */
		assert(!make_owed[0] && !make_owed[1] && !close_owed[0] && !close_owed[1]);
		assert(!drop_owed[0] && !drop_owed[1] && !modify_owed && !sends_out);
		assert(!circuit_live[1] && !circuit_live[2] && slot[1] == NONE && slot[2] == NONE);
		assert(!list_live[1] && !list_live[2] && !leaf_live[0] && !leaf_live[1]);
		assert(empty(to_control[0]) && empty(to_control[1]))
	}
}

/* ---- The client: whatever it may do, whenever it may. ---- */

active proctype client() {
end:	do
	:: atomic { !quiet && ONLY != 1 && may_make(0) -> event!MAKE, 0 }
	:: atomic { !quiet && ONLY != 0 && may_make(1) -> event!MAKE, 1 }
	:: atomic { may_close(0) || may_defer(0) -> event!CLOSE, 0 }
	:: atomic { may_close(1) || may_defer(1) -> event!CLOSE, 1 }
	:: atomic { may_drop(0) -> event!DROP_0, 1 }
	:: atomic { may_drop(1) -> event!DROP_1, 1 }
	:: atomic { !quiet && call[0] == UP && !modify_owed -> event!MODIFY, 0 }
	:: atomic { !quiet && call[0] == UP && !sends_out && to_worker == NONE -> event!SEND, 0 }
	:: atomic { receives_out -> event!RETURN, 0 }
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
	:: atomic { !quiet && cm[0] == CM_SETUP -> event!CONNECT, 0 }
	:: atomic { !quiet && cm[1] == CM_SETUP -> event!CONNECT, 1 }
	:: atomic { !quiet && hears_release(0) -> event!RELEASE, 0 }
	:: atomic { !quiet && hears_release(1) -> event!RELEASE, 1 }
	:: atomic { !quiet && cm[1] == CM_UP && party[0] != GONE -> event!LEAVE_0, 1 }
	:: atomic { !quiet && cm[1] == CM_UP && party[1] != GONE -> event!LEAVE_1, 1 }
	:: atomic { !quiet && cm[1] == CM_UP && is_dropping -> event!DROP_ACK, 1 }
	:: atomic { !quiet && modify_owed -> event!MODIFY_ACK, 0 }
	:: atomic { !quiet && cm[0] == CM_UP && !modify_owed -> event!CHANGE, 0 }
	:: quiet = true; break
	od
}

/* ---- The timers of what awaits the peer (I8, CLOSE-43). ---- */

active proctype timers() {
end:	do
	:: atomic { cm[0] == CM_SETUP -> event!TIMEOUT, 0 }
	:: atomic { cm[1] == CM_SETUP -> event!TIMEOUT, 1 }
#ifndef BREAK_TIMER
	:: atomic { cm[0] == CM_RELEASING -> event!TIMEOUT, 0 }
	:: atomic { cm[1] == CM_RELEASING -> event!TIMEOUT, 1 }
#endif
	:: atomic { cm[1] == CM_UP && is_dropping -> event!DROP_ACK, 1 }
	:: atomic { modify_owed -> event!MODIFY_ACK, 0 }
	od
}

#if ONLY < 2
ltl closes { [] (close_owed[ONLY] -> <> !close_owed[ONLY]) }
#endif
