/*
 * gate_keys: what the keys of gate.yaml mean, for gate.yaml(5). The keys themselves are the tables
 * of model/gate*.c; a test holds the two against each other.
 */
#ifndef CLI_GATE_KEYS_H
#define CLI_GATE_KEYS_H

#include <stddef.h>

struct gate_key_text {
	const char *key;
	const char *value; /* what is written after the colon */
	const char *usual; /* the default; "required"; NULL when there is nothing to say */
	const char *help;
};

struct gate_section {
	const char *key; /* "replay"; NULL for the top of the file */
	const char *about;
	const struct gate_key_text *keys; /* ends with a NULL key */
};

extern const struct gate_section gate_sections[];
extern const size_t n_gate_sections;

#endif
