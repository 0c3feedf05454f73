/*
 * usage: what --help prints, made from the command and option tables.
 *
 * A command's tables live in its function, so whoever wants them (--help, the manual page, shell
 * completion) asks the command for help and says how the answer is to be rendered:
 *
 *     struct buf page = BUF_INIT;
 *     rc = usage_render(command, manual_command, &page, err);
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include "base/buf.h"
#include "cli/cli.h"

typedef void usage_renderer(
    struct buf *out, const struct usage *usage, const struct option_spec *options);

struct exit_code {
	const char *code; /* "128+n" */
	const char *meaning;
};
extern const struct exit_code exit_codes[];
extern const size_t n_exit_codes;

void usage_program(struct buf *out);
usage_renderer usage_text;

/* Run the command's --help with another renderer; the text is appended to out. */
int usage_render(
    const struct command *command, usage_renderer *renderer, struct buf *out, struct err *err);
/* For options_parse: --help was asked for. */
void usage_show(const struct usage *usage, const struct option_spec *options);

/* The options that every command has. */
const struct option_spec *options_common(void);
/* The next word of "start|stop [OPTIONS]", when the synopsis begins with subcommands: "start",
 * "stop", then NULL. Start with *at = usage->synopsis; caller frees. */
char *usage_next_subcommand(const char **at);

/* The next block of an about text: a paragraph joined to one line, or lines that begin with a
 * space as they are. False at the end. */
bool usage_next_block(const char **at, struct buf *ret, bool *ret_literal);

const struct command *command_find(const char *name); /* NULL when unknown */

#endif
