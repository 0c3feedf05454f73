/*
 * usage: what --help prints, made from the command and option tables.
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include "cli/cli.h"

#include <stdio.h>

void usage_print_program(FILE *out);
void usage_print_command(FILE *out, const struct usage *usage, const struct option_spec *options);

/* The options that every command has. */
const struct option_spec *options_common(void);

#endif
