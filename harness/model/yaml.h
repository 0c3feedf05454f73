/*
 * yaml: a small configuration file as a tree that knows where everything stands.
 *
 *     struct yaml_node *root;
 *     if (yaml_load(path, &root, &err) < 0) ...
 *     yaml_node_free(root);
 *
 * One document of mappings, sequences and scalars. What a configuration does not need and what
 * makes files surprising is refused with its place: several documents, anchors and aliases, tags,
 * keys that are not plain words, duplicate keys, NUL bytes and invalid UTF-8. Size, depth and
 * number of nodes are bounded.
 */
#ifndef MODEL_YAML_H
#define MODEL_YAML_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define YAML_MAX_BYTES ((size_t)1 << 20)

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_node {
	enum yaml_kind kind;
	int line, column; /* from 1 */
	char *text;       /* of a scalar */
	bool quoted;      /* a scalar in quotes or a block is text whatever it looks like */
	char *key;        /* of a mapping's child */
	int key_line, key_column;
	struct yaml_node **children; /* of a mapping or sequence, in the order of the file */
	size_t n_children, cap_children;
};

/* Read and parse a file: ERR_USAGE names it, and the line where the text is wrong. */
int yaml_load(const char *path, struct yaml_node **ret, struct err *err);
/* A text; file is what messages call it. */
int yaml_parse(
    const char *file, const char *text, size_t len, struct yaml_node **ret, struct err *err);
void yaml_node_free(struct yaml_node *node);

/* `key:`, `key: ~` and `key: null`: nothing was given. */
bool yaml_is_null(const struct yaml_node *node);
/* "a mapping", "a list", "nothing", "text": for messages. */
const char *yaml_describe(const struct yaml_node *node);

#endif
