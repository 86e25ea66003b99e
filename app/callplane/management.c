/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/management.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "callplane/access.h"
#include "callplane/control_socket.h"
#include "callplane/recording.h"
#include "callplane/reload.h"
#include "callplane/replay.h"
#include "callplane/session.h"
#include "callplane/thread.h"

#define MAX_SESSIONS 32
#define MAX_REPLAYS 8
#define NS_PER_MS UINT64_C(1000000)

/*
 * Control must not make a system call to wake us, so we look whether it has answered: at once at
 * first, since a turn of its loop is short and a long list has many slices, then less and less
 * often.
 */
#define LOOKS_AT_ONCE 16
#define LOOK_FIRST_NS (NS_PER_MS / 8)
#define LOOK_LAST_NS NS_PER_MS
#define REPLAY_NS (10 * NS_PER_MS)
#define IDLE_NS (100 * NS_PER_MS)

struct replay_entry {
	struct replay *replay;
	struct session *session; /* that waits for its beginning, or NULL */
	TAILQ_ENTRY(replay_entry) next;
};

struct recording_entry {
	struct recording *recording;
	struct session *session; /* that waits for its end */
	TAILQ_ENTRY(recording_entry) next;
};

struct management {
	struct appliance *appliance;
	struct reload *reload; /* NULL: none */
	struct access_groups groups;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listen_fd;
	bool is_deaf; /* accepting has just failed: not again in this turn */
	pthread_t thread;
	atomic_bool stop; /* relaxed: nothing else is read by what it says */
	struct session_list sessions;
	unsigned int n_sessions;
	TAILQ_HEAD(, replay_entry) replays;
	unsigned int n_replays;
	uint32_t next_replay;
	TAILQ_HEAD(, recording_entry) recordings;
	unsigned int n_looks; /* since control last answered */
	bool is_busy;         /* somebody has more to do at once */
};

static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * NS_PER_MS + (uint64_t)ts.tv_nsec;
}

/* ---- Questions ---- */

static void
post(struct management *m, struct ask *ask, uint64_t now_ns)
{
	int err;

	if (!ask->wanted)
		return;
	ask->query.owner = ask;
	err = query_post(m->appliance, &ask->query);
	if (err == -EAGAIN)
		return;
	ask->wanted = false;
	if (err == 0) {
		ask->out = true;
		return;
	}
	ask->query.error = err;
	snprintf(ask->query.message, sizeof(ask->query.message),
		"the appliance takes no more requests: %s", strerror(-err));
	ask->answered(ask, now_ns);
}

static void
reap(struct management *m, uint64_t now_ns)
{
	struct query *query;
	struct ask *ask;

	while ((query = query_reap(m->appliance)) != NULL) {
		ask = query->owner;
		ask->out = false;
		ask->answered(ask, now_ns);
		m->n_looks = 0;
	}
}

static bool
waits_for_control(const struct management *m)
{
	const struct recording_entry *r;
	const struct replay_entry *e;
	const struct session *s;

	TAILQ_FOREACH (s, &m->sessions, next)
		if (!ask_is_idle(&s->ask))
			return true;
	TAILQ_FOREACH (e, &m->replays, next)
		if (!ask_is_idle(replay_ask(e->replay)))
			return true;
	TAILQ_FOREACH (r, &m->recordings, next)
		if (!ask_is_idle(recording_ask(r->recording)))
			return true;
	return m->reload != NULL && !ask_is_idle(reload_ask(m->reload));
}

/* ---- Replays ---- */

static void
replay_begun(void *arg, const struct query *answer)
{
	struct replay_entry *e = arg;

	session_answer(e->session, answer);
	e->session = NULL;
}

static void
begin_replay(struct management *m, struct session *s)
{
	struct replay_entry *e;

	if (m->n_replays == MAX_REPLAYS) {
		session_refuse(s, RPC_REFUSED, -EBUSY,
			"too many replays at once; mend: wait for one, or cancel it");
		return;
	}
	e = calloc(1, sizeof(*e));
	if (e != NULL)
		e->replay = replay_create(
			m->appliance, m->next_replay++, &s->request.args, replay_begun, e);
	if (e == NULL || e->replay == NULL) {
		free(e);
		session_refuse(s, RPC_REFUSED, -ENOMEM, "no memory for a replay; mend: free some");
		return;
	}
	e->session = s;
	s->state = SESSION_AWAITS_REPLAY;
	TAILQ_INSERT_TAIL(&m->replays, e, next);
	m->n_replays++;
}

static void
end_replay(struct management *m, struct replay_entry *e)
{
	TAILQ_REMOVE(&m->replays, e, next);
	m->n_replays--;
	replay_destroy(e->replay);
	free(e);
}

static void
step_replays(struct management *m, uint64_t now_ns)
{
	struct replay_entry *e, *after;

	for (e = TAILQ_FIRST(&m->replays); e != NULL; e = after) {
		after = TAILQ_NEXT(e, next);
		m->is_busy |= replay_step(e->replay, now_ns);
		post(m, replay_ask(e->replay), now_ns);
		if (replay_is_over(e->replay))
			end_replay(m, e);
	}
}

/* ---- Captures of signalling ---- */

/* recording_ended_fn */
static void
recording_ended(void *arg, const struct query *answer)
{
	struct recording_entry *e = arg;

	session_answer(e->session, answer);
	e->session = NULL;
}

static void
begin_recording(struct management *m, struct session *s)
{
	struct recording_entry *e = calloc(1, sizeof(*e));

	if (e != NULL)
		e->recording = recording_create(m->appliance, &s->request.args, recording_ended, e);
	if (e == NULL || e->recording == NULL) {
		free(e);
		session_refuse(s, RPC_REFUSED, -ENOMEM, "no memory for a capture; mend: free some");
		return;
	}
	e->session = s;
	s->state = SESSION_AWAITS_RECORDING;
	TAILQ_INSERT_TAIL(&m->recordings, e, next);
}

static void
end_recording(struct management *m, struct recording_entry *e)
{
	TAILQ_REMOVE(&m->recordings, e, next);
	recording_destroy(e->recording);
	free(e);
}

static void
step_recordings(struct management *m, uint64_t now_ns)
{
	struct recording_entry *e, *after;

	for (e = TAILQ_FIRST(&m->recordings); e != NULL; e = after) {
		after = TAILQ_NEXT(e, next);
		m->is_busy |= recording_step(e->recording, now_ns);
		if (e->session != NULL && session_is_leaving(e->session))
			recording_stop(e->recording);
		post(m, recording_ask(e->recording), now_ns);
		if (recording_is_over(e->recording))
			end_recording(m, e);
	}
}

/* ---- The configuration ---- */

static void
serve_config(struct management *m, struct session *s)
{
	if (m->reload != NULL)
		reload_serve(m->reload, s);
	else
		session_refuse(s, RPC_REFUSED, -ENOTSUP, "no configuration is kept here");
	m->is_busy = true; /* the next line may be there */
}

static void
step_reload(struct management *m, uint64_t now_ns)
{
	if (m->reload == NULL)
		return;
	reload_step(m->reload);
	post(m, reload_ask(m->reload), now_ns);
}

/* ---- Clients ---- */

/* rpc_write_fn: a socket that is new has room for a line */
static int
send_piece(const char *data, size_t len, void *arg)
{
	send(*(const int *)arg, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return 0;
}

static void
turn_away(int fd, int err, const char *why)
{
	struct rpc_error error = { .code = RPC_REFUSED, .error = err };
	struct rpc_request request = { .id = json_null() };

	snprintf(error.message, sizeof(error.message), "%s", why);
	rpc_refuse(&request, &error, send_piece, &fd);
	close(fd);
}

static void
accept_clients(struct management *m, uint64_t now_ns)
{
	enum access_level access;
	struct session *s;
	int fd;

	while ((fd = accept4(m->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (m->n_sessions == MAX_SESSIONS) {
			turn_away(fd, -EAGAIN, "too many clients at once; mend: end one");
			continue;
		}
		access = access_of_socket(&m->groups, fd);
		if (access == ACCESS_NONE) {
			turn_away(fd, -EACCES,
				"you are in no group that this appliance serves; mend: usermod -aG "
				"with its read-group or write-group, and log in again");
			continue;
		}
		s = session_create(fd, access, now_ns);
		if (s == NULL)
			return;
		TAILQ_INSERT_TAIL(&m->sessions, s, next);
		m->n_sessions++;
	}
	m->is_deaf = errno != EAGAIN;
}

static void
serve_sessions(struct management *m, uint64_t now_ns)
{
	struct session *s, *after;

	for (s = TAILQ_FIRST(&m->sessions); s != NULL; s = after) {
		after = TAILQ_NEXT(s, next);
		m->is_busy |= session_serve(s);
		if (s->state == SESSION_WANTS_REPLAY)
			begin_replay(m, s);
		else if (s->state == SESSION_WANTS_RECORDING)
			begin_recording(m, s);
		else if (s->state == SESSION_WANTS_CONFIG)
			serve_config(m, s);
		post(m, &s->ask, now_ns);
		session_flush(s, now_ns);
		if (session_is_over(s)) {
			TAILQ_REMOVE(&m->sessions, s, next);
			m->n_sessions--;
			session_destroy(s);
		}
	}
}

/* ---- The thread ---- */

static uint64_t
look_ns(struct management *m)
{
	uint64_t wait = LOOK_FIRST_NS;
	unsigned int n;

	if (m->n_looks < LOOKS_AT_ONCE) {
		m->n_looks++;
		return 0;
	}
	for (n = LOOKS_AT_ONCE; n < m->n_looks; n++)
		wait *= 2;
	if (wait < LOOK_LAST_NS)
		m->n_looks++;
	return wait;
}

static uint64_t
wait_ns(struct management *m)
{
	if (m->is_busy)
		return 0;
	if (waits_for_control(m))
		return look_ns(m);
	m->n_looks = 0;
	return m->n_replays > 0 || !TAILQ_EMPTY(&m->recordings) ? REPLAY_NS : IDLE_NS;
}

/* Wait for clients, and let those that have something be read. */
static void
poll_clients(struct management *m)
{
	uint64_t wait = wait_ns(m);
	struct timespec ts = { .tv_nsec = (long)wait };
	struct pollfd fds[1 + MAX_SESSIONS];
	struct session *polled[1 + MAX_SESSIONS], *s;
	unsigned int n = 1, i;

	fds[0] = (struct pollfd){ .fd = m->listen_fd, .events = m->is_deaf ? 0 : POLLIN };
	TAILQ_FOREACH (s, &m->sessions, next) {
		if (s->connection == NULL)
			continue;
		fds[n] = (struct pollfd){ .fd = s->connection->fd,
			.events = connection_events(s->connection) };
		polled[n++] = s;
	}
	m->is_deaf = m->is_busy = false;
	if (ppoll(fds, n, &ts, NULL) <= 0)
		return;
	for (i = 1; i < n; i++)
		if (fds[i].revents != 0)
			session_receive(polled[i], fds[i].revents);
	if (fds[0].revents != 0)
		accept_clients(m, now());
}

static void *
run(void *arg)
{
	struct management *m = arg;
	uint64_t now_ns;

	while (!atomic_load_explicit(&m->stop, memory_order_relaxed)) {
		poll_clients(m);
		now_ns = now();
		reap(m, now_ns);
		serve_sessions(m, now_ns);
		step_replays(m, now_ns);
		step_recordings(m, now_ns);
		step_reload(m, now_ns);
	}
	/* What is answered and written goes out, if it goes at once. */
	now_ns = now();
	reap(m, now_ns);
	serve_sessions(m, now_ns);
	return NULL;
}

int
management_start(struct appliance *appliance, const char *socket_path,
	const struct access_groups *groups, struct reload *reload, struct management **out,
	char *error, size_t error_size)
{
	struct management *m = calloc(1, sizeof(*m));
	int err;

	if (m == NULL) {
		snprintf(error, error_size, "no memory for the management thread; mend: free some");
		return -ENOMEM;
	}
	m->appliance = appliance;
	m->reload = reload;
	m->groups = *groups;
	TAILQ_INIT(&m->sessions);
	TAILQ_INIT(&m->replays);
	TAILQ_INIT(&m->recordings);
	m->listen_fd = err = control_socket_open(
		"control socket", socket_path, access_file_mode(groups), error, error_size);
	if (err < 0)
		goto free_management;
	snprintf(m->path, sizeof(m->path), "%s", socket_path);
	err = thread_start(&m->thread, "management", run, m);
	if (err != 0) {
		snprintf(error, error_size, "no management thread: %s; mend: raise ulimit -u",
			strerror(-err));
		goto close_socket;
	}
	*out = m;
	return 0;

close_socket:
	control_socket_close(m->listen_fd, m->path);
free_management:
	free(m);
	return err;
}

void
management_stop(struct management *m)
{
	struct session *s;

	if (m == NULL)
		return;
	atomic_store_explicit(&m->stop, true, memory_order_relaxed);
	pthread_join(m->thread, NULL);
	control_socket_close(m->listen_fd, m->path);
	while (!TAILQ_EMPTY(&m->replays))
		end_replay(m, TAILQ_FIRST(&m->replays));
	while (!TAILQ_EMPTY(&m->recordings))
		end_recording(m, TAILQ_FIRST(&m->recordings));
	while ((s = TAILQ_FIRST(&m->sessions)) != NULL) {
		TAILQ_REMOVE(&m->sessions, s, next);
		session_destroy(s);
	}
	free(m);
}
