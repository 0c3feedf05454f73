/*
 * The candidate under load: when it begins, and what its end means for what is judged.
 */
#include "base/clock.h"
#include "base/units.h"
#include "cli/rehearsal_steps.h"

#include <math.h>

#define LONGEST_BEFORE_NS (30 * NS_PER_S)
#define LEAST_LIMIT_NS    (60 * NS_PER_S)

static uint64_t before_ns(const struct gate *gate)
{
	uint64_t quarter = gate->replay.duration_ns / 4;

	return quarter < LONGEST_BEFORE_NS ? quarter : LONGEST_BEFORE_NS;
}

static uint64_t limit_ns(const struct gate *gate)
{
	uint64_t twice = gate->replay.duration_ns * 2;

	return twice > LEAST_LIMIT_NS ? twice : LEAST_LIMIT_NS;
}

uint64_t rehearsal_build_ns(const struct gate *gate)
{
	return gate->build_under_load ? before_ns(gate) + limit_ns(gate) : 0;
}

static bool begin(struct rehearsal *r, double now_s)
{
	const struct gate *gate = r->gate;

	if (build_start(r->targets, gate->up, gate->up_sql, &r->build, &r->build_problem) < 0)
		return false;
	r->run->build.start_s = now_s;
	progress_say(r->progress, PROGRESS_NOTE, "applying %s under load", r->run->candidate_name);
	return true;
}

/* Counters are judged from here on, and so they begin anew. */
static bool end(struct rehearsal *r, double now_s)
{
	struct run_build *build = &r->run->build;
	bool over = build_is_over(r->build);
	int rc = build_end(r->build, r->run, &r->build_problem);
	struct measure *anew = NULL;
	char took[32];

	r->build = NULL;
	build->end_s = now_s;
	units_format_duration(took, (build->end_s - build->start_s) * 1e9);
	if (!over) {
		run_add_disturbance(r->run, "build", true,
		    "%s was not done after %s under load, and was cancelled: give the replay more time",
		    r->run->candidate_name, took);
		r->build_problem = (struct err){0};
		return false;
	}
	if (rc < 0)
		return false;
	progress_say(r->progress, PROGRESS_NOTE, "applied under load in %s", took);
	if (measure_begin(r->dbs, &anew, &r->build_problem) < 0)
		return false;
	measure_free(r->measure);
	r->measure = anew;
	return true;
}

enum build_state rehearsal_build_look(struct rehearsal *r, uint64_t elapsed_ns)
{
	struct run_build *build = &r->run->build;
	double now_s = (double)elapsed_ns / 1e9;

	if (!build->under_load || isfinite(build->end_s))
		return BUILD_OVER;
	if (!r->build) {
		if (elapsed_ns < before_ns(r->gate))
			return BUILD_GOES_ON;
		return begin(r, now_s) ? BUILD_GOES_ON : BUILD_FAILED;
	}
	if (!build_is_over(r->build) && now_s < build->start_s + (double)limit_ns(r->gate) / 1e9)
		return BUILD_GOES_ON;
	return end(r, now_s) ? BUILD_OVER : BUILD_FAILED;
}

int rehearsal_build_finish(struct rehearsal *r, struct err *err)
{
	if (r->build) {
		r->run->build.end_s = NAN;
		build_end(r->build, r->run, &r->build_problem);
		r->build = NULL;
	}
	if (r->build_problem.code == 0)
		return 0;
	if (err) {
		*err = r->build_problem;
		err_wrap(err, "under load");
	}
	return r->build_problem.code;
}
