/*
 * plan: what the candidate does to the plans, without load: on real clones, or foretold by HypoPG.
 */
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/plan_text.h"
#include "cli/rehearsal.h"
#include "judge/plans.h"
#include "model/gate.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SQL_FILE_MAX_BYTES ((size_t)1 << 20)

static const struct usage usage = {
    .command = "plan",
    .synopsis = "[OPTIONS] GATE.YAML",
    .about = "Compare the plans of every statement with and without the candidate, for many\n"
             "parameter values each: on two clones of staging, or, with --hypothetical, without\n"
             "building anything. Nothing is replayed. Exits with 1 when a plan got worse.",
    .examples = "  pgrehearse plan workloads/orders/gate.yaml\n"
                "  pgrehearse plan --hypothetical workloads/orders/gate.yaml\n"
                "  pgrehearse plan --candidate my_index.sql --format json gate.yaml",
};

enum format { FORMAT_TEXT, FORMAT_JSON };
static const char *const formats[] = {"text", "json", NULL};

struct plan_command {
	const char *candidate, *staging, *workload;
	int format;
	bool hypothetical, keep;
};

static void replace(char **target, const char *value)
{
	if (!value)
		return;
	free(*target);
	*target = xstrdup(value);
}

static int override(struct gate *gate, const struct plan_command *given, struct err *err)
{
	struct buf sql = BUF_INIT;

	replace(&gate->workload, given->workload);
	replace(&gate->dsn, given->staging);
	if (given->staging)
		gate->staging = STAGING_DSN;
	if (!given->candidate)
		return 0;
	if (file_read(given->candidate, SQL_FILE_MAX_BYTES, &sql, err) < 0) {
		buf_release(&sql);
		return err_wrap(err, "--candidate");
	}
	replace(&gate->up, given->candidate);
	free(gate->up_sql);
	gate->up_sql = buf_detach(&sql);
	return 0;
}

static void show(const struct plan_command *given, const struct run *run)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	cli_progress_finish();
	if (given->format == FORMAT_JSON) {
		json_t *root = run_to_json(run);
		char *text = json_dumps(root, JSON_INDENT(2));

		puts(text);
		free(text);
		json_decref(root);
		return;
	}
	plan_text(&out, run, given->hypothetical);
	fputs(out.data, stdout);
}

static bool got_worse(const struct run *run)
{
	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_plan_change *worst = judge_worst_plan_change(&run->statements[i]);

		if (worst && worst->severity == PLAN_HARMFUL)
			return true;
	}
	return false;
}

static int compare(const struct plan_command *given, const struct gate *gate, struct err *err)
{
	struct rehearsal_options options = {
	    .gate = gate,
	    .command = "pgrehearse plan",
	    .keep_clones = given->keep,
	    .plans_only = true,
	    .hypothetical = given->hypothetical,
	};
	struct rehearsal_result result = {0};
	int rc = rehearse(&options, cli_progress(), &result, err);

	if (rc == 0) {
		show(given, &result.run);
		rc = got_worse(&result.run) ? EXIT_BREACHED : EXIT_PASS;
	}
	rehearsal_result_release(&result);
	return rc;
}

int cmd_plan(int argc, char **argv, struct err *err)
{
	struct plan_command given = {0};
	const struct option_spec options[] = {
	    {"hypothetical", 0, OPTION_FLAG, NULL, "build nothing: ask the planner with HypoPG",
	        &given.hypothetical},
	    {"candidate", 0, OPTION_STRING, "FILE", "this SQL instead of the file's candidate",
	        &given.candidate},
	    {"workload", 'w', OPTION_STRING, "FILE", "this workload instead of the file's",
	        &given.workload},
	    {"staging", 'd', OPTION_STRING, "CONNINFO", "this staging database instead of the file's",
	        &given.staging},
	    {"format", 0, OPTION_CHOICE, "FORMAT", "text (default) or json, a run record",
	        &given.format, formats},
	    {"keep", 0, OPTION_FLAG, NULL, "keep the clones", &given.keep},
	    OPTIONS_END,
	};
	_cleanup_(strv_release) struct strv args = {0};
	struct gate gate = {0};
	int rc = options_parse(&usage, options, argc, argv, &args, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (options_one_gate(&args, "plan", err) < 0)
		return err->code;
	rc = gate_load(args.items[0], &gate, err);
	if (rc == 0)
		rc = override(&gate, &given, err);
	if (rc == 0)
		rc = compare(&given, &gate, err);
	gate_release(&gate);
	return rc;
}
