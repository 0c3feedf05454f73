/*
 * gate.yaml(5).
 */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/gate_keys.h"
#include "cli/gate_text.h"
#include "cli/manual.h"
#include "cli/mdoc.h"
#include "model/gate.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

static const char example[] =
    "version: 1\n"
    "name: customer timeline index\n"
    "staging:\n"
    "  dsn: \"service=staging\"\n"
    "workload: workload.json\n"
    "candidate: {up: customer_timeline.sql, down: customer_timeline_down.sql}\n"
    "replay: {rate: 400/s, time: 60s, max_time: 5min, clients: 8}\n"
    "thresholds:\n"
    "  - {metric: latency.p95, scope: \"name:customer timeline\", max_ratio: 0.50}\n"
    "  - {metric: latency.p95, scope: each read, max_ratio: 1.10}\n"
    "  - {metric: wal.bytes_per_call, scope: each write, max_ratio: 1.30}\n"
    "  - {metric: index.size_bytes, max: 64MiB}\n"
    "  - {metric: index.used, min: 1}\n"
    "  - {metric: slow.count, over: 50ms, max: 0}\n"
    "  - {metric: errors.rate, max: 0.1%}";

static const struct {
	const char *scope, *meaning;
} scopes[] = {
    {"all", "One check over everything together."},
    {"all reads", "One check over all statements that only read."},
    {"all writes", "One check over all statements that write."},
    {"each", "A check for each statement; for index.* and table.* for each index or table."},
    {"each read", "A check for each statement that only reads."},
    {"each write", "A check for each statement that writes."},
    {"name:NAME", "The statement with that name in the workload."},
    {"queryid:NUMBER", "The statement with that queryid."},
    {"table:NAME", "Statements that touch the table; for table.* the table itself, for index.* its "
                   "indexes."},
    {"index:NAME", "For index.*: that index."},
};

static const struct {
	enum metric_family family;
	const char *title;
} families[] = {
    {METRIC_SERVICE, "Service time: from sending a request to its answer. Tested statistically."},
    {METRIC_ALONE, "The same while one arm ran alone, which a gate with replay: alone has:"},
    {METRIC_RESPONSE,
        "Response time: from the moment a request was due, so that a stall shows in every request "
        "that had to wait. Tested statistically."},
    {METRIC_OP, "Counted by the replay:"},
    {METRIC_COUNTER,
        "From each clone's pg_stat_statements; they hardly vary, so a change is found at once:"},
    {METRIC_PLAN, "Plans:"},
    {METRIC_INDEX,
        "Of each index that the candidate created; with a bound against the baseline, of each that "
        "both arms have:"},
    {METRIC_TABLE, "Of each table that the workload writes, or of the scope's:"},
    {METRIC_VACUUM, "After the replay:"},
    {METRIC_RUN, "Of the whole run, scope all:"},
};

static const char *unit_text(enum metric_unit unit)
{
	static const char *const texts[] = {
	    [UNIT_NONE] = "a number",
	    [UNIT_SECONDS] = "a duration",
	    [UNIT_BYTES] = "a size",
	    [UNIT_FRACTION] = "a fraction",
	    [UNIT_RATE] = "a rate",
	};

	return texts[unit];
}

/* As one would write it in the file. */
static const char *format_duration(char out[32], uint64_t ns)
{
	bool whole = ns % NS_PER_S == 0;

	snprintf(out, 32, "%llu%s", (unsigned long long)(ns / (whole ? NS_PER_S : NS_PER_MS)),
	    whole ? "s" : "ms");
	return out;
}

static const char *format_number(char out[32], uint64_t number)
{
	snprintf(out, 32, "%llu", (unsigned long long)number);
	return out;
}

/* The defaults that the replay really has. */
static const char *replay_default(const char *key, char out[32])
{
	const struct replay_options *usual = &replay_options_default;
	const struct {
		const char *key;
		uint64_t ns;
	} times[] = {
	    {"time", usual->duration_ns},
	    {"pair_gap", usual->pair_gap_ns},
	    {"statement_timeout", usual->statement_timeout_ns},
	    {"drain_timeout", usual->drain_timeout_ns},
	};
	const struct {
		const char *key;
		uint64_t number;
	} numbers[] = {
	    {"clients", (uint64_t)usual->clients},
	    {"jobs", (uint64_t)usual->jobs},
	    {"seed", usual->seed},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strcmp(key, times[i].key) == 0)
			return format_duration(out, times[i].ns);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(key, numbers[i].key) == 0)
			return format_number(out, numbers[i].number);
	if (strcmp(key, "rate") == 0) {
		snprintf(out, 32, "%g/s", usual->rate_per_s);
		return out;
	}
	if (strcmp(key, "protocol") == 0)
		return protocol_name(usual->protocol);
	if (strcmp(key, "arrivals") == 0)
		return arrivals_names[usual->arrivals];
	if (strcmp(key, "design") == 0)
		return design_names[usual->design];
	if (strcmp(key, "early_stop") == 0)
		return usual->early_stop ? "true" : "false";
	return NULL;
}

static void add_key(struct buf *out, const struct gate_section *section, size_t i)
{
	const struct gate_key_text *key = &section->keys[i];
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *usual = key->usual;
	char computed[32];

	if (!usual && section->key && strcmp(section->key, "replay") == 0)
		usual = replay_default(key->key, computed);
	buf_addf(out, ".It Cm %s : Ar ", key->key);
	mdoc_word(out, key->value);
	buf_addc(out, '\n');
	buf_adds(&text, key->help);
	if (usual && strcmp(usual, "required") == 0)
		buf_adds(&text, " Required.");
	else if (usual)
		buf_addf(&text, " Default: %s.", usual);
	mdoc_text(out, text.data);
}

static void add_keys(struct buf *out)
{
	mdoc_section(out, "KEYS");
	for (size_t i = 0; i < n_gate_sections; i++) {
		const struct gate_section *section = &gate_sections[i];

		if (section->key)
			buf_addf(out, ".Ss %s\n", section->key);
		if (section->about)
			mdoc_text(out, section->about);
		mdoc_list_begin(out);
		for (size_t k = 0; section->keys[k].key; k++)
			add_key(out, section, k);
		mdoc_list_end(out);
	}
}

static void add_scopes(struct buf *out)
{
	mdoc_section(out, "SCOPES");
	mdoc_list_begin(out);
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		mdoc_item(out, "Li", scopes[i].scope);
		mdoc_text(out, scopes[i].meaning);
	}
	mdoc_list_end(out);
}

static void add_metrics(struct buf *out)
{
	mdoc_section(out, "METRICS");
	mdoc_text(out, "In parentheses what a limit is written as. Those marked \"max or min\" are one "
	               "figure for both arms, so ratios and increases mean nothing.");
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		buf_adds(out, ".Pp\n");
		mdoc_text(out, families[i].title);
		mdoc_list_begin(out);
		for (size_t k = 0; k < n_metrics; k++) {
			_cleanup_buf_ struct buf text = BUF_INIT;

			if (metrics[k].family != families[i].family)
				continue;
			mdoc_item(out, "Cm", metrics[k].name);
			buf_addf(&text, "%s (%s%s)", metrics[k].help, unit_text(metrics[k].unit),
			    metrics[k].has_baseline ? "" : "; max or min");
			mdoc_text(out, text.data);
		}
		mdoc_list_end(out);
	}
}

static void add_policy(struct buf *out)
{
	struct gate gate = {0};

	gate_add_default_thresholds(&gate);
	mdoc_section(out, "DEFAULT POLICY");
	mdoc_text(out, "A gate without thresholds holds the candidate against these:");
	mdoc_list_begin(out);
	for (size_t i = 0; i < gate.n_thresholds; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		gate_text_threshold(&text, &gate.thresholds[i]);
		mdoc_item(out, "Li", text.data);
		mdoc_text(out, gate_default_reason(i));
	}
	mdoc_list_end(out);
	gate_release(&gate);
}

static void add_reports(struct buf *out)
{
	mdoc_section(out, "REPORT FORMATS");
	mdoc_text(out, "The names for reports, and the files they become in the run's directory:");
	mdoc_list_begin(out);
	for (size_t i = 0; i < n_report_formats; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		mdoc_item(out, "Cm", report_formats[i].name);
		buf_addf(&text, "%s: %s", report_formats[i].file_name, report_formats[i].help);
		mdoc_text(out, text.data);
	}
	mdoc_list_end(out);
}

void manual_gate(struct buf *out)
{
	mdoc_head(out, "GATE.YAML", 5, "gate.yaml", "what to rehearse and what must hold");
	mdoc_section(out, "DESCRIPTION");
	mdoc_text(out,
	    "The file that pgrehearse-gate(1) is run with, in YAML. Unknown keys, wrong types and "
	    "figures out of range are errors that name file, line and key. Paths are looked for from "
	    "the working directory first and from the file's directory second.");
	buf_adds(out, ".Pp\n");
	mdoc_text(out,
	    "Figures carry their unit. DURATION: us, ms, s, min, h or d; a bare number is seconds. "
	    "RATE: /s, /min or /h; a bare number is per second. SIZE: B, kB, MB, GB, KiB, MiB or GiB; "
	    "a bare number is bytes. FRACTION: 0.1% or 0.001.");
	add_keys(out);
	add_scopes(out);
	add_metrics(out);
	add_policy(out);
	add_reports(out);
	mdoc_section(out, "EXAMPLES");
	mdoc_literal(out, example);
	mdoc_section(out, "SEE ALSO");
	buf_adds(out, ".Xr pgrehearse 1 ,\n.Xr pgrehearse-gate 1 ,\n.Xr pgrehearse-judge 1\n");
}
