/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen and no cursor; and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define END_OF_LINE "\033[K"
#define REST "\033[J"

static struct termios before, during;
static volatile sig_atomic_t is_open;

/* From here to screen_open(): also from signal handlers, so nothing but system calls. */
static void
say(const char *text, size_t len)
{
	ssize_t n;

	do
		n = write(STDOUT_FILENO, text, len);
	while (n < 0 && errno == EINTR);
}

static void
take(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &during);
	say(ENTER, sizeof(ENTER) - 1);
}

static void
give_back(void)
{
	say(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static void
die(int signal)
{
	screen_close();
	raise(signal); /* SA_RESETHAND: it now does what it always does */
}

/* Ctrl-Z, until somebody continues us. */
static void
suspend(int signal)
{
	int err = errno;

	(void)signal;
	give_back();
	raise(SIGSTOP);
	take();
	errno = err;
}

/* Ends the wait for a key. */
static void
resized(int signal)
{
	(void)signal;
}

static void
handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

int
screen_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return -errno;
	during = before;
	during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	during.c_cc[VMIN] = 1;
	during.c_cc[VTIME] = 0;
	is_open = 1;
	handle(SIGINT, die, (int)SA_RESETHAND);
	handle(SIGTERM, die, (int)SA_RESETHAND);
	handle(SIGHUP, die, (int)SA_RESETHAND);
	handle(SIGTSTP, suspend, SA_RESTART);
	handle(SIGWINCH, resized, 0);
	take();
	return 0;
}

void
screen_close(void)
{
	if (is_open)
		give_back();
	is_open = 0;
}

/* Octets of a line that take no more than so many columns, a column for each character. */
static size_t
fit(const char *line, size_t len, unsigned int columns)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80 && columns-- == 0)
			return i;
	return len;
}

void
screen_draw(const char *text)
{
	struct winsize size = { 0 };
	unsigned int rows, columns, row;
	size_t len;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = size.ws_row != 0 ? size.ws_row : 24;
	columns = size.ws_col != 0 ? size.ws_col : 80;
	fputs(HOME, stdout);
	for (row = 0; row < rows && *text != '\0'; row++) {
		len = strcspn(text, "\n");
		if (row > 0)
			fputs("\r\n", stdout);
		fwrite(text, 1, fit(text, len, columns), stdout);
		fputs(END_OF_LINE, stdout);
		text += len + (text[len] == '\n');
	}
	fputs(REST, stdout);
	fflush(stdout);
}

int
screen_key(int ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char key;

	if (poll(&fd, 1, ms) <= 0)
		return 0;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q'; /* nobody is there any more */
}
