#include "model/gate.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/gate_loader.h"
#include "model/time_shift.h"

#include <string.h>

#define NAME_MAX_BYTES 200
#define ALPHA_MAX      0.2
#define DEAD_BAND_MAX  0.5
#define GUARD_MAX      10.0

static int load_version(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	const char *text;

	(void)target;
	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (strcmp(text, "1") != 0)
		return gate_reject(
		    l, node, "this version of pgrehearse reads version 1, not \"%.20s\"", text);
	return 0;
}

static int load_name(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	if (gate_copy_text(l, node, &gate->name) < 0)
		return ERR_USAGE;
	if (strlen(gate->name) > NAME_MAX_BYTES || strpbrk(gate->name, "\r\n"))
		return gate_reject(l, node, "a name is one line of at most %d bytes", NAME_MAX_BYTES);
	return 0;
}

static int load_workload(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_path(l, GATE_WORKLOAD, node, &((struct gate *)target)->workload);
}

static int load_time_shift(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;
	struct err inner = {0};
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (time_shift_parse(text, &gate->time_shift_s, &inner) < 0)
		return gate_reject(l, node, "%s", inner.message);
	return 0;
}

static int load_overrides(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_path(l, GATE_OVERRIDES, node, &((struct gate *)target)->overrides);
}

static int load_samples(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_path(l, GATE_OVERRIDES, node, &((struct gate *)target)->samples);
}

static int load_results(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_copy_text(l, node, &((struct gate *)target)->results_dir);
}

static int load_reports(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	if (node->kind != YAML_SEQUENCE)
		return gate_reject(
		    l, node, "a list of report formats is expected here, not %s", yaml_describe(node));
	gate->formats_line = node->line;
	for (size_t i = 0; i < node->n_children; i++) {
		const char *name;

		if (gate_text(l, node->children[i], &name) < 0)
			return ERR_USAGE;
		if (strv_contains(&gate->formats, name))
			return gate_reject(l, node->children[i], "\"%.60s\" is listed twice", name);
		strv_add(&gate->formats, name);
	}
	return 0;
}

static int load_alpha(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_fraction(l, node, 1e-6, ALPHA_MAX, &((struct gate *)target)->alpha);
}

static int load_dead_band(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_fraction(l, node, 0, DEAD_BAND_MAX, &((struct gate *)target)->dead_band);
}

static int load_guard(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	return gate_fraction(l, node, 0.01, GUARD_MAX, &((struct gate *)target)->guard);
}

static const struct gate_key keys[] = {
    {"version", load_version},
    {"name", load_name},
    {"staging", gate_load_staging},
    {"workload", load_workload},
    {"clone", gate_load_clone},
    {"candidate", gate_load_candidate},
    {"replay", gate_load_replay},
    {"thresholds", gate_load_thresholds},
    {"time_shift", load_time_shift},
    {"overrides", load_overrides},
    {"samples", load_samples},
    {"alpha", load_alpha},
    {"dead_band", load_dead_band},
    {"guard", load_guard},
    {"reports", load_reports},
    {"results", load_results},
};

/* "candidates/customer_timeline.sql" is called "customer_timeline" unless a name is given. */
static char *name_from_candidate(const char *up)
{
	const char *slash = up ? strrchr(up, '/') : NULL;
	const char *base = slash ? slash + 1 : up;
	const char *dot = base ? strrchr(base, '.') : NULL;

	if (!base)
		return xstrdup("unchanged");
	return dot && dot > base ? xstrndup(base, (size_t)(dot - base)) : xstrdup(base);
}

static int require(struct gate_loader *l, const struct yaml_node *root, const char *key)
{
	if (gate_child(root, key))
		return 0;
	return err_set(l->err, ERR_USAGE, "%s: \"%s\" is missing", l->file, key);
}

/* A check of what is never measured would be open forever. */
static int check_alone_thresholds(struct gate_loader *l, const struct gate *gate)
{
	for (size_t i = 0; i < gate->n_thresholds; i++) {
		const struct threshold *threshold = &gate->thresholds[i];

		if (threshold->metric->family == METRIC_ALONE && !(gate->replay.alone > 0))
			return err_set(l->err, ERR_USAGE,
			    "%s:%d: %s is measured only when one arm runs alone for a part of the time: add "
			    "alone: 10%% to replay",
			    l->file, threshold->line, threshold->metric->name);
	}
	return 0;
}

/* What only the whole file can tell. */
static int complete(struct gate_loader *l, const struct yaml_node *root, struct gate *gate)
{
	if (!(l->without & GATE_WORKLOAD) && require(l, root, "workload") < 0)
		return ERR_USAGE;
	if (!(l->without & GATE_STAGING) && !gate_child(root, "staging")) {
		/* With clones that exist already, values may come from the baseline. */
		if (gate->driver != CLONE_EXISTING)
			return require(l, root, "staging");
		gate->staging = STAGING_DSN;
		gate->dsn = xstrdup(gate->existing_dsn[0]);
	}
	if (!gate->name && !(l->without & GATE_CANDIDATE))
		gate->name = name_from_candidate(gate->up ? gate->up : gate->rewrites_file);
	if (!gate_child(root, "thresholds")) {
		gate->default_policy = true;
		gate_add_default_thresholds(gate);
	}
	gate_add_rewrite_thresholds(gate);
	gate_add_alone_threshold(gate);
	return check_alone_thresholds(l, gate);
}

static int load_tree(struct gate_loader *l, const struct yaml_node *root, struct gate *ret)
{
	struct gate gate = {
	    .file = xstrdup(l->file),
	    .results_dir = xstrdup("results"),
	    .replay = replay_options_default,
	    .time_shift_s = TIME_SHIFT_AUTO,
	    .alpha = 0.01,
	    .dead_band = 0.02,
	    .guard = 0.25,
	};

	if (gate_load_mapping(l, root, keys, sizeof(keys) / sizeof(keys[0]), &gate) < 0 ||
	    complete(l, root, &gate) < 0) {
		gate_release(&gate);
		return ERR_USAGE;
	}
	*ret = gate;
	return 0;
}

int gate_load(const char *path, struct gate *ret, struct err *err)
{
	return gate_load_without(path, 0, ret, err);
}

int gate_load_without(const char *path, unsigned parts, struct gate *ret, struct err *err)
{
	_cleanup_free_ char *dir = file_dirname(path);
	struct gate_loader l = {.file = path, .dir = dir, .without = parts, .err = err};
	struct yaml_node *root;
	int rc = yaml_load(path, &root, err);

	if (rc < 0)
		return rc;
	rc = load_tree(&l, root, ret);
	yaml_node_free(root);
	return rc;
}

void gate_set_unchanged(struct gate *gate)
{
	char **texts[] = {
	    &gate->up, &gate->up_sql, &gate->down, &gate->down_sql, &gate->rewrites_file, &gate->name};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
	statement_names_release(&gate->rewrites);
	gate->name = name_from_candidate(NULL);
}

int gate_set_candidate(struct gate *gate, const char *path, struct err *err)
{
	char *sql;

	if (sql_file_read(path, &sql, err) < 0)
		return err->code;
	free(gate->up);
	free(gate->up_sql);
	free(gate->down);
	free(gate->down_sql);
	gate->up = gate->up_sql = gate->down = gate->down_sql = NULL;
	if (sql_is_empty(sql)) {
		free(sql);
	} else {
		gate->up = xstrdup(path);
		gate->up_sql = sql;
	}
	if (!gate->name)
		gate->name = name_from_candidate(gate->up);
	return 0;
}

void gate_release(struct gate *gate)
{
	char *owned[] = {gate->file, gate->name, gate->fixture, gate->bindir, gate->dsn, gate->workload,
	    gate->existing_dsn[0], gate->existing_dsn[1], gate->clone_create, gate->clone_drop,
	    gate->up, gate->down, gate->up_sql, gate->down_sql, gate->overrides, gate->samples,
	    gate->results_dir, gate->rewrites_file};

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(owned[i]);
	for (size_t i = 0; i < gate->n_thresholds; i++)
		threshold_release(&gate->thresholds[i]);
	free(gate->thresholds);
	strv_release(&gate->formats);
	statement_names_release(&gate->rewrites);
	*gate = (struct gate){0};
}
