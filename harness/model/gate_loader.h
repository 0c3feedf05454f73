/*
 * gate_loader: how gate.yaml is read: tables of keys, typed values, errors with their place.
 *
 *     static const struct gate_key keys[] = {{"rate", load_rate}, {"time", load_time}};
 *     return gate_load_mapping(l, node, keys, 2, &gate->replay);
 *
 * Adding a key is one row and one function. Every function returns 0 or ERR_USAGE with
 * "gate.yaml:7:12: rate: ..." in l->err.
 */
#ifndef MODEL_GATE_LOADER_H
#define MODEL_GATE_LOADER_H

#include "model/gate.h"
#include "model/yaml.h"

struct gate_loader {
	const char *file;
	const char *dir;  /* of the file; NULL when the text came from elsewhere */
	unsigned without; /* enum gate_part: their files are not looked for */
	struct err *err;
};

struct gate_key {
	const char *name;
	int (*load)(struct gate_loader *l, const struct yaml_node *value, void *target);
};

/* Dispatch every child of a mapping; an unknown key is an error that names the nearest one. */
int gate_load_mapping(struct gate_loader *l, const struct yaml_node *node,
    const struct gate_key *keys, size_t n_keys, void *target);
/* The child under key, or NULL. */
const struct yaml_node *gate_child(const struct yaml_node *mapping, const char *key);

/* Put the node's place and key before a message; returns ERR_USAGE. */
int gate_reject(struct gate_loader *l, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Typed values. Text is borrowed from the node. Bounds are inclusive. */
int gate_text(struct gate_loader *l, const struct yaml_node *node, const char **ret);
int gate_copy_text(struct gate_loader *l, const struct yaml_node *node, char **ret);
int gate_bool(struct gate_loader *l, const struct yaml_node *node, bool *ret);
int gate_int(
    struct gate_loader *l, const struct yaml_node *node, int64_t min, int64_t max, int64_t *ret);
int gate_duration(struct gate_loader *l, const struct yaml_node *node, uint64_t min_ns,
    uint64_t max_ns, uint64_t *ret);
int gate_fraction(
    struct gate_loader *l, const struct yaml_node *node, double min, double max, double *ret);
/* The index of the text among n names; an unknown one is an error that lists them. */
int gate_choice(struct gate_loader *l, const struct yaml_node *node, const char *const *names,
    size_t n, int *ret);

/* An existing file or directory, relative to the working directory or to the gate's. When its
 * section is left out, the text as it stands. */
int gate_path(struct gate_loader *l, enum gate_part part, const struct yaml_node *node, char **ret);
/* As gate_path, and the file's text. A candidate's. */
int gate_sql_file(
    struct gate_loader *l, const struct yaml_node *node, char **ret_path, char **ret_sql);
/* The text of an SQL file: ERR_USAGE when it is not one. */
int sql_file_read(const char *path, char **ret_sql, struct err *err);
/* Nothing but white space, comments and semicolons. */
bool sql_is_empty(const char *sql);

/* The sections of the file that have a file of their own. */
int gate_load_replay(struct gate_loader *l, const struct yaml_node *node, void *gate);
int gate_load_staging(struct gate_loader *l, const struct yaml_node *node, void *gate);
int gate_load_clone(struct gate_loader *l, const struct yaml_node *node, void *gate);
int gate_load_candidate(struct gate_loader *l, const struct yaml_node *node, void *gate);
int gate_load_thresholds(struct gate_loader *l, const struct yaml_node *node, void *gate);

#endif
