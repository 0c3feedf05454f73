#include "judge/plan_differences.h"

#include "base/buf.h"
#include "base/mem.h"
#include "judge/plan_access.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* More rows than planned matter when they are many, and the other arm planned better. */
#define MISESTIMATE_FACTOR 10.0
#define MISESTIMATE_WORSE  3.0
#define MISESTIMATE_ROWS   100.0

void plan_differences_add(struct plan_differences *out, enum plan_kind kind, const char *object,
    const char *before, const char *after)
{
	GROW(out->items, out->n, out->cap);
	out->items[out->n++] = (struct plan_difference){
	    .kind = kind,
	    .object = xstrdup(object),
	    .before = xstrdup(before),
	    .after = xstrdup(after),
	};
}

void plan_differences_release(struct plan_differences *differences)
{
	for (size_t i = 0; i < differences->n; i++) {
		free(differences->items[i].object);
		free(differences->items[i].before);
		free(differences->items[i].after);
	}
	free(differences->items);
	*differences = (struct plan_differences){0};
}

static bool is_type(const struct plan_node *node, const char *a, const char *b)
{
	return strcmp(node->type, a) == 0 || strcmp(node->type, b) == 0;
}

static double count(const struct plan_tree *tree, const char *a, const char *b)
{
	double n = 0;

	for (size_t i = 0; i < tree->n; i++)
		n += is_type(&tree->nodes[i], a, b);
	return n;
}

static enum plan_kind access_kind(const struct plan_access *before, const struct plan_access *after)
{
	bool was_index = before->indexes.n > 0, is_index = after->indexes.n > 0;

	if (was_index != is_index)
		return is_index ? KIND_SEQ_TO_INDEX : KIND_INDEX_TO_SEQ;
	return plan_access_same_indexes(before, after) ? KIND_SCAN_CHANGED : KIND_INDEX_CHANGED;
}

static bool has_kind(const struct plan_differences *differences, enum plan_kind kind)
{
	for (size_t i = 0; i < differences->n; i++)
		if (differences->items[i].kind == kind)
			return true;
	return false;
}

static void compare_access(
    const struct plan_access *before, const struct plan_access *after, struct plan_differences *out)
{
	enum plan_kind kind = access_kind(before, after);
	_cleanup_free_ char *old = plan_access_text(before);
	_cleanup_free_ char *new = plan_access_text(after);

	/* One partition speaks for the others. */
	if (strcmp(old, new) != 0 && !(before->is_member && has_kind(out, kind)))
		plan_differences_add(out, kind, before->relation, old, new);
}

static size_t count_partitions(const struct plan_accesses *accesses, const char **ret_name)
{
	size_t n = 0;

	for (size_t i = 0; i < accesses->n; i++)
		if (accesses->items[i].is_member) {
			n++;
			*ret_name = accesses->items[i].relation;
		}
	return n;
}

static void compare_partitions(const struct plan_accesses *before,
    const struct plan_accesses *after, struct plan_differences *out)
{
	const char *name = "";
	size_t old = count_partitions(before, &name), new = count_partitions(after, &name);
	_cleanup_free_ char *was = xasprintf("%zu", old);
	_cleanup_free_ char *is = xasprintf("%zu", new);

	if (old != new)
		plan_differences_add(
		    out, new > old ? KIND_PRUNING_LOST : KIND_PRUNING_GAINED, name, was, is);
}

static void compare_accesses(
    const struct plan_accesses *before, struct plan_accesses *after, struct plan_differences *out)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct plan_access *match = plan_accesses_match(after, &before->items[i]);

		if (match)
			compare_access(&before->items[i], match, out);
	}
	compare_partitions(before, after, out);
}

static bool is_join(const struct plan_node *node)
{
	return is_type(node, "Nested Loop", "Hash Join") || is_type(node, "Merge Join", "Merge Join");
}

static const struct plan_node *find_join(const struct plan_tree *tree, const char *relations)
{
	for (size_t i = 0; i < tree->n; i++) {
		_cleanup_free_ char *set = NULL;

		if (!is_join(&tree->nodes[i]))
			continue;
		set = plan_relations_below(tree, i);
		if (strcmp(set, relations) == 0)
			return &tree->nodes[i];
	}
	return NULL;
}

/* A join is known by the relations it joins. When the plans read different ones (partitions), the
 * order says nothing. */
static void compare_joins(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *out)
{
	_cleanup_free_ char *all_before = plan_relations_below(before, 0);
	_cleanup_free_ char *all_after = plan_relations_below(after, 0);
	bool told = strcmp(all_before, all_after) != 0;

	for (size_t i = 0; i < before->n; i++) {
		_cleanup_free_ char *set = NULL;
		const struct plan_node *match;

		if (!is_join(&before->nodes[i]))
			continue;
		set = plan_relations_below(before, i);
		match = find_join(after, set);
		if (match && strcmp(match->type, before->nodes[i].type) != 0)
			plan_differences_add(
			    out, KIND_JOIN_METHOD_CHANGED, set, before->nodes[i].type, match->type);
		if (!match && !told)
			plan_differences_add(out, KIND_JOIN_ORDER_CHANGED, all_before, "", "");
		told = told || !match;
	}
}

static void compare_counts(const struct plan_tree *before, const struct plan_tree *after,
    const char *a, const char *b, enum plan_kind more, enum plan_kind less,
    struct plan_differences *out)
{
	double old = count(before, a, b), new = count(after, a, b);
	_cleanup_free_ char *was = xasprintf("%.0f", old);
	_cleanup_free_ char *is = xasprintf("%.0f", new);

	if (old != new)
		plan_differences_add(out, new > old ? more : less, "", was, is);
}

static char *aggregates(const struct plan_tree *tree)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "");
	for (size_t i = 0; i < tree->n; i++)
		if (strcmp(tree->nodes[i].type, "Aggregate") == 0 && tree->nodes[i].strategy)
			buf_addf(&out, "%s%s", out.len ? ", " : "", tree->nodes[i].strategy);
	return buf_detach(&out);
}

static void compare_aggregates(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *out)
{
	_cleanup_free_ char *old = aggregates(before);
	_cleanup_free_ char *new = aggregates(after);

	if (strcmp(old, new) != 0)
		plan_differences_add(out, KIND_AGGREGATE_CHANGED, "", old, new);
}

static double lossy_blocks(const struct plan_tree *tree)
{
	double sum = 0;

	for (size_t i = 0; i < tree->n; i++)
		sum += isnan(tree->nodes[i].lossy_blocks) ? 0 : tree->nodes[i].lossy_blocks;
	return sum;
}

static void compare_bitmaps(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *out)
{
	_cleanup_free_ char *blocks = NULL;

	if (lossy_blocks(before) > 0 || !(lossy_blocks(after) > 0))
		return;
	blocks = xasprintf("%.0f lossy blocks", lossy_blocks(after));
	plan_differences_add(out, KIND_BITMAP_LOSSY, "", "none", blocks);
}

/* Only too few: a node under a LIMIT or a semi-join stops early, and finds less than it could. */
static double misestimate(const struct plan_tree *tree, const struct plan_node **ret_node)
{
	double worst = 1;

	for (size_t i = 0; i < tree->n; i++) {
		const struct plan_node *node = &tree->nodes[i];

		if (!(node->loops > 0) || !(node->actual_rows >= MISESTIMATE_ROWS))
			continue;
		if (node->actual_rows / fmax(node->rows, 1) > worst) {
			worst = node->actual_rows / fmax(node->rows, 1);
			*ret_node = node;
		}
	}
	return worst;
}

static void compare_estimates(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *out)
{
	const struct plan_node *node = NULL;
	double old = misestimate(before, &node), new = misestimate(after, &node);
	_cleanup_free_ char *planned = NULL, *found = NULL;

	if (new < MISESTIMATE_FACTOR || new < MISESTIMATE_WORSE * old)
		return;
	planned = xasprintf("%.0f rows planned", node->rows);
	found = xasprintf("%.0f found", node->actual_rows);
	plan_differences_add(
	    out, KIND_ROWS_MISESTIMATED, node->relation ? node->relation : node->type, planned, found);
}

void plan_differences_find(
    const struct plan_tree *before, const struct plan_tree *after, struct plan_differences *ret)
{
	size_t first = ret->n;

	compare_bitmaps(before, after, ret);
	compare_estimates(before, after, ret);
	if (before->hash == after->hash)
		return;
	if (before->n > 0 && after->n > 0) {
		struct plan_accesses old = {0}, new = {0};

		plan_accesses_read(before, &old);
		plan_accesses_read(after, &new);
		compare_accesses(&old, &new, ret);
		plan_accesses_release(&old);
		plan_accesses_release(&new);
		compare_joins(before, after, ret);
		compare_counts(
		    before, after, "Sort", "Incremental Sort", KIND_SORT_ADDED, KIND_SORT_REMOVED, ret);
		compare_counts(
		    before, after, "Gather", "Gather Merge", KIND_PARALLEL_GAINED, KIND_PARALLEL_LOST, ret);
		compare_aggregates(before, after, ret);
	}
	if (ret->n == first)
		plan_differences_add(ret, KIND_SHAPE_CHANGED, "", "", "");
}
