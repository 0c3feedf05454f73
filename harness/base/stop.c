#include "base/stop.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t received;
static int event_fd = -1;

static void on_signal(int signo)
{
	uint64_t one = 1;

	if (!received)
		received = signo;
	if (event_fd >= 0 && write(event_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: it is readable already. */
	}
}

void stop_install(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	if (event_fd < 0)
		event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write() says EFBIG, and what is kept is kept */
}

bool stop_requested(void)
{
	return received != 0;
}

int stop_signal(void)
{
	return received;
}

int stop_fd(void)
{
	return event_fd;
}

int stop_error(struct err *err)
{
	return err_set(
	    err, ERR_INTERRUPTED, "stopped by signal %d (%s)", (int)received, strsignal(received));
}
