/*
 * smoke: the loop of a fuzz smoke runner: known inputs, mutated at random, fed to one function.
 *
 *     static void try_input(const char *data, size_t len) { ... abort() on a broken promise ... }
 *     int main(int argc, char **argv)
 *     {
 *         return smoke_main(argc, argv, seeds, n_seeds, words, n_words, try_input);
 *     }
 *
 * `--runs N --seed S` (defaults: 500, 1); `--first N` starts at a later run, to look at one again:
 * every run's input depends on the seed and its number alone. Prints TAP. A crash, a broken
 * promise or a run of more than ten seconds ends the process with a signal, after a line that
 * names the run.
 */
#ifndef FUZZ_SMOKE_H
#define FUZZ_SMOKE_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMOKE_MAX_BYTES   ((size_t)256 << 10)
#define SMOKE_RUN_SECONDS 10

struct smoke_seed {
	const char *data;
	size_t len;
};

static char smoke_where[160];

static inline void smoke_on_signal(int signo)
{
	ssize_t ignored = write(STDOUT_FILENO, smoke_where, strlen(smoke_where));

	(void)ignored;
	signal(signo, SIG_DFL);
	raise(signo);
}

/* Replace `cut` bytes at a random place by n bytes. */
static inline void smoke_splice(
    struct buf *text, struct rng *rng, size_t cut, const char *bytes, size_t n)
{
	size_t at = rng_below(rng, text->len + 1);
	struct buf out = BUF_INIT;

	if (cut > text->len - at)
		cut = text->len - at;
	buf_add(&out, text->data, at);
	buf_add(&out, bytes, n);
	buf_add(&out, text->data + at + cut, text->len - at - cut);
	buf_release(text);
	*text = out;
}

static inline void smoke_mutate(struct buf *text, struct rng *rng, const struct smoke_seed *seeds,
    size_t n_seeds, const char *const *words, size_t n_words)
{
	const struct smoke_seed *other = &seeds[rng_below(rng, n_seeds)];
	const char *word = words[rng_below(rng, n_words)];
	size_t from = rng_below(rng, other->len), length = rng_below(rng, other->len - from + 1);
	char byte = (char)rng_next(rng);
	_cleanup_free_ char *copy = NULL;

	switch (rng_below(rng, 7)) {
	case 0: /* another byte */
		smoke_splice(text, rng, 1, &byte, 1);
		break;
	case 1: /* cut something out */
		smoke_splice(text, rng, rng_below(rng, 40), "", 0);
		break;
	case 2: /* a word of the language in the place of something */
		smoke_splice(text, rng, rng_below(rng, 12), word, strlen(word));
		break;
	case 3: /* a piece of another input */
		smoke_splice(text, rng, rng_below(rng, 40), other->data + from, length);
		break;
	case 4: /* end early */
		text->len = rng_below(rng, text->len + 1);
		break;
	case 5: /* the same many times over */
		for (uint64_t i = rng_below(rng, 200); i > 0 && text->len < SMOKE_MAX_BYTES; i--)
			smoke_splice(text, rng, 0, word, strlen(word));
		break;
	default: /* twice the whole */
		copy = xmemdup(text->data, text->len);
		if (text->len < SMOKE_MAX_BYTES / 2)
			buf_add(text, copy, text->len);
		break;
	}
}

static inline unsigned long smoke_option(
    int argc, char **argv, const char *name, unsigned long otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoul(argv[i + 1], NULL, 10);
	return otherwise;
}

static inline void smoke_run(const struct smoke_seed *seeds, size_t n_seeds,
    const char *const *words, size_t n_words, struct rng *rng,
    void (*try_input)(const char *data, size_t len))
{
	const struct smoke_seed *start = &seeds[rng_below(rng, n_seeds)];
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_add(&text, start->data, start->len);
	for (uint64_t i = rng_below(rng, 6); i > 0; i--)
		smoke_mutate(&text, rng, seeds, n_seeds, words, n_words);
	alarm(SMOKE_RUN_SECONDS);
	try_input(text.data, text.len);
	alarm(0);
}

static inline int smoke_main(int argc, char **argv, const struct smoke_seed *seeds, size_t n_seeds,
    const char *const *words, size_t n_words, void (*try_input)(const char *data, size_t len))
{
	static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
	unsigned long runs = smoke_option(argc, argv, "--runs", 500);
	unsigned long seed = smoke_option(argc, argv, "--seed", 1);
	unsigned long first = smoke_option(argc, argv, "--first", 0);

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], smoke_on_signal);
	for (unsigned long run = first; run < first + runs; run++) {
		struct rng rng;

		snprintf(smoke_where, sizeof(smoke_where),
		    "not ok 1 - run %lu of seed %lu\n# again: --seed %lu --first %lu --runs 1\n", run, seed,
		    seed, run);
		rng_init(&rng, seed, run);
		smoke_run(seeds, n_seeds, words, n_words, &rng, try_input);
	}
	printf("1..1\nok 1 - %lu inputs of seed %lu\n", runs, seed);
	return 0;
}

/* A promise that every input must keep. */
#define SMOKE_CHECK(condition)                                                                     \
	do {                                                                                           \
		if (!(condition)) {                                                                        \
			printf("# broken: %s (%s:%d)\n", #condition, __FILE__, __LINE__);                      \
			fflush(stdout);                                                                        \
			abort();                                                                               \
		}                                                                                          \
	} while (0)

#endif
