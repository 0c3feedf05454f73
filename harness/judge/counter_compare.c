#include "judge/counter.h"

#include <math.h>
#include <string.h>

#define TOLERANCE         0.005
#define CHANCE_SCORE      3.0
#define ROOM_SPREAD       0.5 /* of an update's mean */
#define CLEARING_SPREAD   3.0 /* of what a read logs */
/* Blocks of the catalogs that a session reads when it first executes a statement. Early in a run
 * one arm may have used more of its sessions than the other. */
#define FIRST_CALL_BLOCKS 100
/* So many when it compiles a function that the candidate changed, and which the baseline has
 * otherwise. */
#define COMPILE_BLOCKS    300
/* A WAL record is at least its header and one block reference: see xlogrecord.h. */
#define RECORD_MIN_BYTES  48.0
#define PAGE_BYTES        8192.0
/* An image leaves out the page's free space and may be compressed: it is between a quarter of what
 * the totals allow and all of it. */
#define IMAGE_SHARE_MIN   0.25

static const struct counter counters[] = {
    {"buffers.touched_per_call", FIGURE_TOUCHED, 0.1, false, true, true, 1},
    {"buffers.read_per_call", FIGURE_READ, 0.1, true, true, true, 1},
    {"buffers.dirtied_per_call", FIGURE_DIRTIED, 0.1, true, false, true, 1},
    {"buffers.temp_per_call", FIGURE_TEMP, 0.1, false, true, false, 1},
    {"rows_per_call", FIGURE_ROWS, 0.05, false, false, false, 1},
    {"wal.records_per_call", FIGURE_WAL_RECORDS, 0.05, false, false, true, 1},
    {"wal.fpi_per_call", FIGURE_WAL_FPI, 0.05, true, false, true, 1},
    {"wal.bytes_per_call", FIGURE_WAL_BYTES, 16, false, false, true, 100},
    {"cache.hit_ratio", FIGURE_HIT_RATIO, 0.01, true, false, false, 1},
};

const struct counter *counter_of(const char *metric)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(counters[i].metric, metric) == 0)
			return &counters[i];
	return NULL;
}

static double total(const struct work *work, enum figure figure)
{
	switch (figure) {
	case FIGURE_TOUCHED:
		return work_touched(work);
	case FIGURE_READ:
		return work->shared_read + work->local_read;
	case FIGURE_DIRTIED:
		return work->shared_dirtied;
	case FIGURE_TEMP:
		return work->temp_read + work->temp_written;
	case FIGURE_ROWS:
		return work->rows;
	case FIGURE_WAL_RECORDS:
		return work->wal_records;
	case FIGURE_WAL_FPI:
		return work->wal_fpi;
	case FIGURE_WAL_BYTES:
		return work->wal_bytes;
	case FIGURE_HIT_RATIO:
		return work->shared_hit;
	case N_FIGURES:
		break;
	}
	return NAN;
}

double comparison_divisor(const struct comparison *c, enum figure figure, int arm)
{
	const struct work *work = &c->arms[arm];

	return figure == FIGURE_HIT_RATIO ? work->shared_hit + work->shared_read : work->calls;
}

static double image_bytes(const struct run_statement *statement)
{
	double most = PAGE_BYTES;

	for (int arm = 0; arm < N_ARMS; arm++) {
		const struct work *w = &statement->arms[arm].work;

		if (w->calls > 0 && w->wal_fpi > 0)
			most = fmin(most, (w->wal_bytes - RECORD_MIN_BYTES * w->wal_records) / w->wal_fpi);
	}
	return fmax(most, 0);
}

/* Squared coefficient of variation of a call's time, times what the calls touched. */
static double touched_variance(const struct work *work)
{
	double mean_ms = work_per_call(work, work->exec_ms), touched = work_touched(work);
	double spread = mean_ms > 0 ? work->stddev_ms / mean_ms : NAN;

	return isnan(spread) || isnan(touched) ? 0 : spread * spread * touched * touched / work->calls;
}

/* An update that finds room on its page touches and logs half of what one does that finds none, and
 * which do depends on who else looks at the page at that moment: a call differs from the mean by
 * half of it. A read logs only what it clears away, dozens of pages in one call and nothing in
 * many. */
static double spread_of(const struct run_statement *statement, enum figure figure)
{
	bool logs =
	    figure == FIGURE_WAL_RECORDS || figure == FIGURE_WAL_BYTES || figure == FIGURE_WAL_FPI;

	if (statement->kind == STATEMENT_UPDATE)
		return ROOM_SPREAD;
	return statement->writes || !logs ? 0 : CLEARING_SPREAD;
}

static void add_variances(
    const struct run_statement *statement, const struct work *work, struct comparison *c)
{
	c->touched_variance += touched_variance(work);
	for (int figure = 0; figure < N_FIGURES; figure++) {
		double spread =
		    spread_of(statement, (enum figure)figure) * total(work, (enum figure)figure);

		c->room_variance[figure] += isnan(spread) ? 0 : spread * spread / work->calls;
	}
}

/* CREATE OR REPLACE FUNCTION, CREATE TRIGGER and the like; not an index on a function. */
static bool changes_code(const struct run *run)
{
	static const char *const words[] = {" FUNCTION ", " PROCEDURE ", " TRIGGER "};

	for (size_t i = 0; i < run->n_changes; i++) {
		const char *sql = run->changes[i].sql ? run->changes[i].sql : "", *list = strchr(sql, '(');

		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			const char *at = strcasestr(sql, words[k]);

			if (at && (!list || at < list))
				return true;
		}
	}
	return false;
}

static double first_call_blocks(const struct judging *j)
{
	double per_session = changes_code(j->run) ? COMPILE_BLOCKS
	                     : j->input->final    ? 0
	                                          : FIRST_CALL_BLOCKS;

	return per_session * j->run->replay.clients;
}

void compare_work(const struct judging *j, const struct target *target, struct comparison *ret)
{
	const struct run *run = j->run;

	*ret = (struct comparison){
	    .arms = {work_unknown, work_unknown},
	    .caution = j->caution,
	    .first_blocks = first_call_blocks(j),
	};
	for (size_t i = 0; i < target->n_statements; i++) {
		const struct run_statement *statement = &run->statements[target->statements[i]];
		double image = image_bytes(statement);

		for (int arm = 0; arm < N_ARMS; arm++) {
			const struct work *w = &statement->arms[arm].work;

			if (!(w->calls > 0))
				continue;
			work_add(&ret->arms[arm], w);
			if (arm == ARM_BASELINE)
				add_variances(statement, w, ret);
			ret->least_net[arm] += w->wal_bytes - w->wal_fpi * image;
			ret->most_net[arm] += w->wal_bytes - w->wal_fpi * image * IMAGE_SHARE_MIN;
		}
	}
}

double comparison_per_call(const struct comparison *c, enum figure figure, int arm)
{
	double n = comparison_divisor(c, figure, arm);
	double sum = figure == FIGURE_WAL_BYTES ? c->least_net[arm] : total(&c->arms[arm], figure);

	return n > 0 ? sum / n : NAN;
}

double comparison_fewer_calls(const struct comparison *c)
{
	double a = c->arms[ARM_BASELINE].calls, b = c->arms[ARM_CANDIDATE].calls;

	return a > 0 && a < b ? a : b;
}

/* One standard error by other plans if the arms had nothing in common: they run the same ops, so
 * this is several of the real ones. Updates share nothing but the op. */
double comparison_call_noise(
    const struct comparison *c, const struct check *check, const struct counter *counter)
{
	double touched = work_touched(&c->arms[ARM_BASELINE]);
	double all = total(&c->arms[ARM_BASELINE], counter->figure);
	double limit = bound_is_ratio(check->bound) ? check->limit : 1, plans = 0, room = 0;

	if (counter->plan_decides && touched > 0)
		plans = sqrt(c->touched_variance * (1 + limit * limit)) / touched;
	if (counter->room_decides && all > 0)
		room = CHANCE_SCORE * sqrt(c->room_variance[counter->figure] * (1 + limit * limit)) / all;
	return fmax(plans, room);
}

bool comparison_breaches(const struct comparison *c, const struct check *check,
    const struct counter *counter, double baseline, double candidate)
{
	double calls = comparison_fewer_calls(c);
	int side = bound_is_upper(check->bound) ? 1 : -1;
	double allowed, excess, events;

	switch (check->bound) {
	case BOUND_MAX_RATIO:
	case BOUND_MIN_RATIO:
		allowed = baseline * check->limit;
		break;
	case BOUND_MAX_INCREASE:
		allowed = baseline + check->limit;
		break;
	default:
		allowed = check->limit;
		baseline = 0;
		break;
	}
	excess = side * (candidate - allowed) - c->caution * TOLERANCE * allowed;
	if (excess <= 0)
		return false;
	if (c->caution > 1 && calls < LOOK_CALLS)
		return false;
	if (!bound_is_relative(check->bound))
		return true;
	if (counter->figure == FIGURE_TOUCHED && excess * calls <= c->first_blocks)
		return false;
	events = (fabs(candidate) + fabs(baseline)) * calls / counter->weight;
	return (!bound_allows_equal(check) || side * (candidate - baseline) >= counter->least) &&
	       excess * calls / counter->weight > c->caution * CHANCE_SCORE * sqrt(events) &&
	       excess > c->caution * comparison_call_noise(c, check, counter) * baseline;
}
