#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/units.h"
#include "model/gate_loader.h"

#include <math.h>
#include <string.h>

#define RATIO_MAX 1000.0

static const char *const bound_names[] = {
    [BOUND_MAX] = "max",
    [BOUND_MIN] = "min",
    [BOUND_MAX_RATIO] = "max_ratio",
    [BOUND_MIN_RATIO] = "min_ratio",
    [BOUND_MAX_INCREASE] = "max_increase",
};
#define N_BOUNDS (sizeof(bound_names) / sizeof(bound_names[0]))

const char *bound_kind_name(enum bound_kind kind)
{
	return bound_names[kind];
}

bool bound_kind_parse(const char *name, enum bound_kind *ret)
{
	for (size_t i = 0; i < N_BOUNDS; i++) {
		if (strcmp(bound_names[i], name) == 0) {
			*ret = (enum bound_kind)i;
			return true;
		}
	}
	return false;
}

/* A threshold as it is being read: the limit's unit depends on keys that may come later. */
struct draft {
	struct threshold threshold;
	bool has_scope;
	const struct yaml_node *limit, *over;
};

static int load_metric(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct draft *draft = target;
	_cleanup_free_ const char **names = xcalloc(n_metrics, sizeof(*names));
	const char *text, *nearest;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	draft->threshold.metric = metric_find(text);
	if (draft->threshold.metric)
		return 0;
	for (size_t i = 0; i < n_metrics; i++)
		names[i] = metrics[i].name;
	nearest = nearest_word(text, names, n_metrics);
	return gate_reject(l, node, "unknown metric \"%.60s\"%s%s%s", text,
	    nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static int load_scope(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct draft *draft = target;
	struct err inner = {0};
	const char *text;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (scope_parse(text, &draft->threshold.scope, &inner) < 0) {
		gate_reject(l, node, "%s", inner.message);
		return inner.hint[0] ? err_hint(l->err, "%s", inner.hint) : ERR_USAGE;
	}
	draft->has_scope = true;
	return 0;
}

static int load_bound(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct draft *draft = target;

	if (draft->limit)
		return gate_reject(l, node,
		    "one threshold has one bound, and %s is given already; "
		    "write two thresholds",
		    draft->limit->key);
	bound_kind_parse(node->key, &draft->threshold.bound);
	draft->limit = node;
	return 0;
}

static int load_over(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	(void)l;
	((struct draft *)target)->over = node;
	return 0;
}

static const struct gate_key keys[] = {
    {"metric", load_metric},
    {"scope", load_scope},
    {"max", load_bound},
    {"min", load_bound},
    {"max_ratio", load_bound},
    {"min_ratio", load_bound},
    {"max_increase", load_bound},
    {"over", load_over},
};

static int parse_in_unit(const char *text, enum metric_unit unit, double *ret, struct err *err)
{
	uint64_t ns;
	int rc;

	switch (unit) {
	case UNIT_SECONDS:
		rc = units_parse_duration_ns(text, &ns, err);
		*ret = rc < 0 ? 0 : (double)ns / 1e9;
		return rc;
	case UNIT_BYTES:
		return units_parse_size(text, ret, err);
	case UNIT_FRACTION:
		rc = units_parse_fraction(text, ret, err);
		if (rc == 0 && *ret > 1)
			return err_set(
			    err, ERR_USAGE, "\"%.60s\" is above 100%%; write for instance 90%%", text);
		return rc;
	case UNIT_RATE:
		return units_parse_rate(text, ret, err);
	case UNIT_NONE:
		break;
	}
	rc = units_parse_double(text, ret, err);
	if (rc == 0 && *ret < 0)
		return err_set(err, ERR_USAGE, "\"%.60s\" is negative", text);
	return rc;
}

static int parse_ratio(const char *text, double *ret, struct err *err)
{
	if (units_parse_fraction(text, ret, err) < 0)
		return err_set(err, ERR_USAGE, "\"%.60s\" is not a ratio; write for instance 1.10", text);
	if (!(*ret > 0) || *ret > RATIO_MAX)
		return err_set(
		    err, ERR_USAGE, "the ratio \"%.60s\" is outside above 0 to %.0f", text, RATIO_MAX);
	return 0;
}

static bool is_relative(enum bound_kind bound)
{
	return bound == BOUND_MAX_RATIO || bound == BOUND_MIN_RATIO;
}

static int finish_limit(struct gate_loader *l, struct draft *draft)
{
	struct threshold *t = &draft->threshold;
	const struct yaml_node *node = draft->limit;
	struct err inner = {0};
	const char *text;
	int rc;

	if (gate_text(l, node, &text) < 0)
		return ERR_USAGE;
	if (!t->metric->has_baseline && t->bound != BOUND_MAX && t->bound != BOUND_MIN)
		return gate_reject(
		    l, node, "%s is one figure for both arms; use max or min", t->metric->name);
	if (is_relative(t->bound))
		rc = parse_ratio(text, &t->limit, &inner);
	else
		rc = parse_in_unit(text, t->metric->unit, &t->limit, &inner);
	return rc < 0 ? gate_reject(l, node, "%s", inner.message) : 0;
}

static int finish_over(struct gate_loader *l, const struct yaml_node *node, struct draft *draft)
{
	bool counts_slow = strcmp(draft->threshold.metric->name, "slow.count") == 0;
	uint64_t ns;

	draft->threshold.over = NAN;
	if (!counts_slow && draft->over)
		return gate_reject(l, draft->over, "only slow.count takes this");
	if (!counts_slow)
		return 0;
	if (!draft->over)
		return gate_reject(l, node, "slow.count needs over: the latency that counts as slow");
	if (gate_duration(l, draft->over, 1, UINT64_C(3600000000000), &ns) < 0)
		return ERR_USAGE;
	draft->threshold.over = (double)ns / 1e9;
	return 0;
}

/* Facts of tables and indexes hide each other when they are added up: without a scope each is
 * judged for itself. */
static enum scope_kind default_scope(const struct metric *metric)
{
	return metric->family == METRIC_INDEX || metric->family == METRIC_TABLE ? SCOPE_EACH
	                                                                        : SCOPE_ALL;
}

static bool scope_fits(const struct metric *metric, enum scope_kind scope)
{
	switch (metric->family) {
	case METRIC_INDEX:
		return scope == SCOPE_ALL || scope == SCOPE_EACH || scope == SCOPE_TABLE ||
		       scope == SCOPE_INDEX;
	case METRIC_TABLE:
	case METRIC_VACUUM:
		return scope == SCOPE_ALL || scope == SCOPE_EACH || scope == SCOPE_TABLE;
	case METRIC_RUN:
		return scope == SCOPE_ALL;
	default:
		return scope != SCOPE_INDEX;
	}
}

static int finish(struct gate_loader *l, const struct yaml_node *node, struct draft *draft)
{
	struct threshold *t = &draft->threshold;

	if (!t->metric)
		return gate_reject(l, node, "a threshold needs metric:");
	if (!draft->limit)
		return gate_reject(l, node,
		    "the threshold on %s has no bound; add max, min, max_ratio, min_ratio or max_increase",
		    t->metric->name);
	if (!draft->has_scope)
		t->scope.kind = default_scope(t->metric);
	if (!scope_fits(t->metric, t->scope.kind)) {
		_cleanup_free_ char *scope = scope_format(&t->scope);

		return gate_reject(
		    l, gate_child(node, "scope"), "%s has no figure for \"%s\"", t->metric->name, scope);
	}
	t->line = node->line;
	return finish_limit(l, draft) < 0 ? ERR_USAGE : finish_over(l, node, draft);
}

static int load_threshold(
    struct gate_loader *l, const struct yaml_node *node, struct threshold *ret)
{
	struct draft draft = {0};

	if (gate_load_mapping(l, node, keys, sizeof(keys) / sizeof(keys[0]), &draft) < 0 ||
	    finish(l, node, &draft) < 0) {
		threshold_release(&draft.threshold);
		return ERR_USAGE;
	}
	*ret = draft.threshold;
	return 0;
}

int gate_load_thresholds(struct gate_loader *l, const struct yaml_node *node, void *target)
{
	struct gate *gate = target;

	if (node->kind != YAML_SEQUENCE)
		return gate_reject(
		    l, node, "a list of thresholds is expected here, not %s", yaml_describe(node));
	if (node->n_children == 0)
		return gate_reject(l, node, "the list is empty; leave the key out for the default policy");
	for (size_t i = 0; i < node->n_children; i++) {
		struct threshold threshold;

		if (load_threshold(l, node->children[i], &threshold) < 0)
			return ERR_USAGE;
		GROW(gate->thresholds, gate->n_thresholds, gate->cap_thresholds);
		gate->thresholds[gate->n_thresholds++] = threshold;
	}
	return 0;
}

int threshold_parse(const char *yaml, struct threshold *ret, struct err *err)
{
	struct gate_loader l = {.file = "threshold", .err = err};
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct yaml_node *root;
	bool braces = yaml[strspn(yaml, " ")] == '{';
	int rc;

	buf_addf(&text, "%s%s%s", braces ? "" : "{", yaml, braces ? "" : "}");
	rc = yaml_parse(l.file, text.data, text.len, &root, err);
	if (rc < 0)
		return rc;
	rc = load_threshold(&l, root, ret);
	yaml_node_free(root);
	if (rc == 0)
		ret->line = 0;
	return rc;
}

void threshold_release(struct threshold *threshold)
{
	free(threshold->scope.argument);
	*threshold = (struct threshold){0};
}
