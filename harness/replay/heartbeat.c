#include "replay/heartbeat.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#define BEAT_NS  (10 * NS_PER_MS)
#define STALL_NS (5 * NS_PER_MS)

struct cpu_time {
	double busy, total; /* ticks of all CPUs; total is 0 when unknown */
};

struct heartbeat {
	pthread_t thread;
	_Atomic bool stopping;
	uint64_t stalls, longest_ns; /* the thread's, and so what follows; read after it ended */
	struct heartbeat_stall *kept;
	size_t n_kept, cap_kept;
	struct cpu_time before;
};

static struct cpu_time read_cpu_time(void)
{
	struct cpu_time time = {0};
	double user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return time;
	if (fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait,
	        &irq, &softirq, &steal) == 8) {
		time.busy = user + nice + system + irq + softirq + steal;
		time.total = time.busy + idle + iowait;
	}
	fclose(file);
	return time;
}

static void note_stall(struct heartbeat *heartbeat, uint64_t from_ns, uint64_t to_ns)
{
	heartbeat->stalls++;
	if (to_ns - from_ns > heartbeat->longest_ns)
		heartbeat->longest_ns = to_ns - from_ns;
	if (heartbeat->n_kept >= HEARTBEAT_MAX_STALLS)
		return;
	GROW(heartbeat->kept, heartbeat->n_kept, heartbeat->cap_kept);
	heartbeat->kept[heartbeat->n_kept++] = (struct heartbeat_stall){from_ns, to_ns};
}

static void *heartbeat_thread(void *arg)
{
	struct heartbeat *heartbeat = arg;
	uint64_t wake_ns = clock_now_ns(&clock_monotonic);

	while (!atomic_load(&heartbeat->stopping)) {
		uint64_t now_ns;

		wake_ns += BEAT_NS;
		clock_monotonic.sleep_until_ns(NULL, wake_ns);
		now_ns = clock_now_ns(&clock_monotonic);
		if (now_ns - wake_ns > STALL_NS) {
			note_stall(heartbeat, wake_ns, now_ns);
			wake_ns = now_ns;
		}
	}
	return NULL;
}

struct heartbeat *heartbeat_start(void)
{
	struct heartbeat *heartbeat = xcalloc(1, sizeof(*heartbeat));

	heartbeat->before = read_cpu_time();
	if (pthread_create(&heartbeat->thread, NULL, heartbeat_thread, heartbeat) != 0) {
		free(heartbeat);
		return NULL;
	}
	return heartbeat;
}

double heartbeat_machine_busy(const struct heartbeat *heartbeat)
{
	struct cpu_time now = read_cpu_time();

	if (!heartbeat || now.total <= heartbeat->before.total)
		return NAN;
	return (now.busy - heartbeat->before.busy) / (now.total - heartbeat->before.total);
}

void heartbeat_stop(struct heartbeat *heartbeat, struct heartbeat_figures *ret)
{
	*ret = (struct heartbeat_figures){.machine_busy = heartbeat_machine_busy(heartbeat)};
	if (!heartbeat)
		return;
	atomic_store(&heartbeat->stopping, true);
	pthread_join(heartbeat->thread, NULL);
	ret->stalls = heartbeat->stalls;
	ret->longest_ns = heartbeat->longest_ns;
	ret->kept = heartbeat->kept;
	ret->n_kept = heartbeat->n_kept;
	free(heartbeat);
}
