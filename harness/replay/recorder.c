#include "replay/recorder.h"

#include "base/clock.h"
#include "base/mem.h"
#include "replay/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLLECT_EVERY_NS (100 * NS_PER_MS)

struct recorder {
	char *path;
	int fd;
	struct ring *rings;
	size_t n_rings;
	pthread_t thread;
	_Atomic bool stopping;
	_Atomic bool failed;
	struct err write_err; /* why; set once before failed, read after the thread ended */

	pthread_mutex_t lock; /* what follows; the file only by the thread */
	struct recorder_figures figures;
	struct tally lag, recent_lag, queueing;

	void *map; /* of recorder_samples */
	size_t map_bytes;
};

static void count(struct recorder *r, const struct sample *s)
{
	switch ((enum sample_status)s->status) {
	case SAMPLE_OK:
		r->figures.ok++;
		break;
	case SAMPLE_ERROR:
		r->figures.errors++;
		break;
	case SAMPLE_UNFINISHED:
		r->figures.unfinished++;
		break;
	case SAMPLE_SKIPPED:
		r->figures.skipped++;
		return;
	}
	if (s->due_ns < r->figures.first_due_ns)
		r->figures.first_due_ns = s->due_ns;
	if (s->done_ns > r->figures.last_done_ns)
		r->figures.last_done_ns = s->done_ns;
	tally_add(&r->lag, sample_lag_ns(s));
	tally_add(&r->recent_lag, sample_lag_ns(s));
	tally_add(&r->queueing, s->sent_ns - s->picked_ns);
}

/* Whole records or none: a part of one would shift every record that follows. */
static int append(struct recorder *r, const void *data, size_t len)
{
	const char *bytes = data;
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(r->fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(&r->write_err, ERR_ENV, "cannot write samples to %s", r->path);
			break;
		}
		done += (size_t)n;
	}
	return done == len ? 0 : ERR_ENV;
}

static void fail(struct recorder *r)
{
	off_t size = lseek(r->fd, 0, SEEK_END);
	off_t header = (off_t)sizeof(struct sample_header);
	off_t kept = size > header ? (size - header) / (off_t)sizeof(struct sample) : 0;

	if (size > header && ftruncate(r->fd, header + kept * (off_t)sizeof(struct sample)) < 0)
		err_wrap(&r->write_err, "the last record is cut off");
	pthread_mutex_lock(&r->lock);
	r->figures.n = (uint64_t)kept;
	pthread_mutex_unlock(&r->lock);
	atomic_store(&r->failed, true);
}

static void take(struct recorder *r, const struct sample *samples, size_t n)
{
	bool written = !atomic_load(&r->failed) && append(r, samples, n * sizeof(*samples)) == 0;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < n; i++)
		count(r, &samples[i]);
	if (written)
		r->figures.n += n;
	pthread_mutex_unlock(&r->lock);
	if (!written && !atomic_load(&r->failed))
		fail(r);
}

static void collect(struct recorder *r)
{
	for (size_t i = 0; i < r->n_rings; i++) {
		const struct sample *samples;
		size_t n;

		while ((samples = ring_peek(&r->rings[i], &n)), n > 0) {
			take(r, samples, n);
			ring_taken(&r->rings[i], n);
		}
	}
}

static void *recorder_thread(void *arg)
{
	struct recorder *r = arg;
	uint64_t wake_ns = clock_now_ns(&clock_monotonic);

	while (!atomic_load(&r->stopping)) {
		collect(r);
		wake_ns += COLLECT_EVERY_NS;
		clock_monotonic.sleep_until_ns(NULL, wake_ns);
	}
	collect(r);
	return NULL;
}

static int open_file(struct recorder *r, size_t n_statements, struct err *err)
{
	struct sample_header header = sample_header_make((uint32_t)n_statements);

	r->fd = open(r->path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (r->fd < 0)
		return err_errno(err, ERR_ENV, "cannot create %s", r->path);
	if (append(r, &header, sizeof(header)) < 0) {
		*err = r->write_err;
		return ERR_ENV;
	}
	return 0;
}

static void recorder_free(struct recorder *r)
{
	if (r->map)
		munmap(r->map, r->map_bytes);
	if (r->fd >= 0)
		close(r->fd);
	pthread_mutex_destroy(&r->lock);
	free(r->path);
	free(r);
}

int recorder_start(const char *path, size_t n_statements, struct ring *rings, size_t n_rings,
    struct recorder **ret, struct err *err)
{
	struct recorder *r = xcalloc(1, sizeof(*r));
	int rc;

	r->path = xstrdup(path);
	r->rings = rings;
	r->n_rings = n_rings;
	r->figures.first_due_ns = UINT64_MAX;
	pthread_mutex_init(&r->lock, NULL);
	rc = open_file(r, n_statements, err);
	if (rc == 0 && (errno = pthread_create(&r->thread, NULL, recorder_thread, r)) != 0)
		rc = err_errno(err, ERR_ENV, "cannot start a thread");
	if (rc < 0)
		recorder_free(r);
	else
		*ret = r;
	return rc;
}

void recorder_figures(struct recorder *r, struct recorder_figures *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->figures;
	ret->lag_p50_ns = tally_quantile(&r->lag, 0.50);
	ret->lag_p99_ns = tally_quantile(&r->lag, 0.99);
	ret->lag_max_ns = r->lag.max;
	ret->queueing_p99_ns = tally_quantile(&r->queueing, 0.99);
	ret->recent_lag_p99_ns = tally_quantile(&r->recent_lag, 0.99);
	memset(&r->recent_lag, 0, sizeof(r->recent_lag));
	pthread_mutex_unlock(&r->lock);
}

bool recorder_failed(const struct recorder *r)
{
	return atomic_load(&r->failed);
}

const struct sample *recorder_samples(struct recorder *r, size_t *ret_n)
{
	size_t bytes, n;

	pthread_mutex_lock(&r->lock);
	n = (size_t)r->figures.n;
	pthread_mutex_unlock(&r->lock);
	bytes = sizeof(struct sample_header) + n * sizeof(struct sample);
	*ret_n = 0;
	/* Twice as long as the file, so that it need not be mapped anew every time. */
	if (!r->map || bytes > r->map_bytes) {
		if (r->map)
			munmap(r->map, r->map_bytes);
		r->map_bytes = bytes * 2;
		r->map = mmap(NULL, r->map_bytes, PROT_READ, MAP_SHARED, r->fd, 0);
		if (r->map == MAP_FAILED) {
			r->map = NULL;
			return NULL;
		}
	}
	*ret_n = n;
	return (const struct sample *)((const char *)r->map + sizeof(struct sample_header));
}

int recorder_stop(struct recorder *r, struct recorder_figures *ret, struct err *err)
{
	int rc = 0;

	atomic_store(&r->stopping, true);
	pthread_join(r->thread, NULL);
	recorder_figures(r, ret);
	if (atomic_load(&r->failed)) {
		*err = r->write_err;
		rc = err_hint(err,
		    "%" PRIu64 " of %" PRIu64 " samples are kept; make room there and run again", ret->n,
		    ret->ok + ret->errors + ret->unfinished + ret->skipped);
	}
	recorder_free(r);
	return rc;
}
