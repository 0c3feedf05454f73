#include "cli/assemble.h"

#include "base/mem.h"
#include "measure/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

char *assemble_run_id(void)
{
	time_t now = time(NULL);
	unsigned short tail;
	char stamp[20];
	struct tm tm;

	if (getrandom(&tail, sizeof(tail), 0) != sizeof(tail))
		tail = (unsigned short)getpid();
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d_%H%M%S", &tm);
	return xasprintf("%s_%04x", stamp, tail);
}

static struct run_statement *add_statement(struct run *run, const char *name)
{
	struct run_statement *statement;

	GROW(run->statements, run->n_statements, run->cap_statements);
	statement = &run->statements[run->n_statements++];
	*statement = (struct run_statement){.name = xstrdup(name), .production = work_unknown};
	for (int arm = 0; arm < N_ARMS; arm++)
		statement->arms[arm].work = work_unknown;
	return statement;
}

static void copy_strv(const struct strv *from, struct strv *into)
{
	for (size_t i = 0; i < from->n; i++)
		strv_add(into, from->items[i]);
}

static double share(double part, double total)
{
	return total > 0 ? part / total : NAN;
}

static void add_bound(const struct bound_statement *bound, const struct statement *origin,
    const struct vectors *vectors, struct run *run)
{
	struct run_statement *statement = add_statement(run, bound->name);

	statement->queryid = xstrdup(bound->queryid);
	statement->text = xstrdup(origin ? origin->text : bound->sql);
	statement->kind = bound->kind;
	statement->writes = bound->writes;
	copy_strv(&bound->tables, &statement->tables);
	statement->share_time = share(bound->exec_ms, vectors->total_ms);
	statement->share_calls = share(bound->calls, vectors->total_calls);
	statement->value_source = xstrdup(value_source_name(bound->source));
	statement->note = xstrdup(bound->note);
	statement->production = bound->production;
}

static void add_skipped(const struct skipped_statement *skipped, const struct statement *origin,
    const struct vectors *vectors, struct run *run)
{
	struct run_statement *statement = add_statement(run, skipped->name);

	statement->share_time = share(skipped->exec_ms, vectors->total_ms);
	statement->share_calls = share(skipped->calls, vectors->total_calls);
	statement->skip_reason = xstrdup(skipped->reason);
	statement->value_source = xstrdup(value_source_name(VALUES_NONE));
	if (!origin) {
		statement->queryid = xstrdup("");
		statement->text = xstrdup("");
		return;
	}
	statement->queryid = xstrdup(origin->queryid);
	statement->text = xstrdup(origin->text);
	statement->kind = origin->kind;
	statement->writes = origin->writes;
	copy_strv(&origin->tables, &statement->tables);
	statement->production = origin->work;
}

static const struct statement *origin_of(const struct workload *workload, const char *name)
{
	return workload ? workload_find(workload, name) : NULL;
}

void assemble_statements(
    const struct vectors *vectors, const struct workload *workload, struct run *run)
{
	for (size_t i = 0; i < vectors->n_statements; i++) {
		const struct bound_statement *bound = &vectors->statements[i];

		add_bound(bound, origin_of(workload, bound->name), vectors, run);
	}
	run->n_replayed = run->n_statements;
	for (size_t i = 0; i < vectors->n_skipped; i++) {
		const struct skipped_statement *skipped = &vectors->skipped[i];

		add_skipped(skipped, origin_of(workload, skipped->name), vectors, run);
	}
	run->coverage_time = vectors_coverage_time(vectors);
	run->coverage_calls = vectors_coverage_calls(vectors);
	run->time_shift = xstrdup(vectors->time_shift);
	run->oracle_silence = xstrdup(vectors->oracle_silence);
}

static void add_marker(char **sql, size_t number)
{
	_cleanup_free_ char *marker = measure_marker(number);
	char *marked = xasprintf("%s %s", *sql, marker);

	free(*sql);
	*sql = marked;
}

void assemble_markers(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->n_statements; i++) {
		add_marker(&vectors->statements[i].sql, i);
		if (vectors->statements[i].candidate_sql)
			add_marker(&vectors->statements[i].candidate_sql, i);
	}
}

void assemble_thresholds(const struct gate *gate, struct run *run)
{
	for (size_t i = 0; i < gate->n_thresholds; i++) {
		GROW(run->thresholds, run->n_thresholds, run->cap_thresholds);
		run->thresholds[run->n_thresholds] = gate->thresholds[i];
		run->thresholds[run->n_thresholds++].scope.argument =
		    xstrdup(gate->thresholds[i].scope.argument);
	}
	run->alpha = gate->alpha;
	run->dead_band = gate->dead_band;
	run->guard = gate->guard;
}

void assemble_source(const struct workload_source *from, struct workload_source *into)
{
	*into = *from;
	into->kind = xstrdup(from->kind);
	into->system_identifier = xstrdup(from->system_identifier);
	into->database = xstrdup(from->database);
	into->role = xstrdup(from->role);
	into->search_path = xstrdup(from->search_path);
	into->captured_at = xstrdup(from->captured_at);
	into->settings = NULL;
	into->n_settings = into->cap_settings = 0;
	for (size_t i = 0; i < from->n_settings; i++) {
		GROW(into->settings, into->n_settings, into->cap_settings);
		into->settings[into->n_settings++] = (struct workload_setting){
		    xstrdup(from->settings[i].name), xstrdup(from->settings[i].value)};
	}
	into->relations = NULL;
	into->n_relations = into->cap_relations = 0;
	for (size_t i = 0; i < from->n_relations; i++) {
		GROW(into->relations, into->n_relations, into->cap_relations);
		into->relations[into->n_relations] = from->relations[i];
		into->relations[into->n_relations++].name = xstrdup(from->relations[i].name);
	}
}
