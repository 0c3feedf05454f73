/*
 * manual: the manual pages, made from the tables that the program itself works with: commands and
 * options (cli.h), exit codes (usage.h), metrics and the default policy (model/), report formats.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/usage.h"

void manual_program(struct buf *out); /* pgrehearse(1) */
usage_renderer manual_command;        /* pgrehearse-COMMAND(1), for usage_render() */
void manual_gate(struct buf *out);    /* gate.yaml(5) */

#endif
