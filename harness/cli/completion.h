/*
 * completion: scripts for shells, made from the command and option tables. An option with choices
 * completes to them, one that takes a FILE or DIR to paths, a FORMAT to the report formats.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/usage.h"

enum completion_words { WORDS_NONE, WORDS_FILES, WORDS_DIRS, WORDS_CHOICES, WORDS_FORMATS };
/* What completes the argument of an option. */
enum completion_words completion_words(const struct option_spec *option);

int completion_bash(struct buf *out, struct err *err);
int completion_zsh(struct buf *out, struct err *err);

#endif
