#include "capture/log_message.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static bool skip_word(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static double read_duration(const char **p)
{
	char *end;
	double ms;

	if (!isdigit((unsigned char)**p))
		return NAN;
	ms = strtod(*p, &end);
	*p = end;
	return skip_word(p, " ms") && isfinite(ms) ? ms : NAN;
}

void log_message_read(const char *message, struct log_message *ret)
{
	const char *p = message, *colon;

	*ret = (struct log_message){.duration_ms = NAN};
	if (skip_word(&p, "duration: ")) {
		ret->duration_ms = read_duration(&p);
		if (isnan(ret->duration_ms))
			return;
		if (*p == '\0')
			ret->kind = MESSAGE_DURATION;
		if (!skip_word(&p, "  "))
			return;
	}
	if (skip_word(&p, "statement: ")) {
		ret->kind = MESSAGE_STATEMENT;
		ret->text = p;
	} else if (skip_word(&p, "execute ") && !skip_word(&p, "fetch from ")) {
		colon = strstr(p, ": ");
		if (!colon)
			return;
		ret->kind = MESSAGE_EXECUTE;
		ret->named = !skip_word(&p, "<unnamed>");
		ret->text = colon + 2;
	}
}

/* The text after the opening quote, doubled quotes undone; returns what follows the closing one. */
static const char *read_value(const char *p, char **ret)
{
	struct buf value = BUF_INIT;

	buf_adds(&value, "");
	for (; *p; p++) {
		if (*p == '\'' && p[1] == '\'') {
			p++;
		} else if (*p == '\'') {
			*ret = buf_detach(&value);
			return p + 1;
		}
		buf_addc(&value, *p);
	}
	buf_release(&value);
	return NULL;
}

static void add(struct log_parameters *parameters, char *value)
{
	size_t n = value ? strlen(value) : 0;

	GROW(parameters->items, parameters->n, parameters->cap);
	parameters->items[parameters->n++] = value;
	parameters->truncated |= n >= 3 && strcmp(value + n - 3, "...") == 0;
}

/* "$n = value", n being the next number. */
static const char *read_one(const char *p, struct log_parameters *parameters)
{
	char *end, *value = NULL;

	if (*p != '$' || strtoul(p + 1, &end, 10) != parameters->n + 1)
		return NULL;
	p = end;
	if (!skip_word(&p, " = "))
		return NULL;
	if (*p == '\'')
		p = read_value(p + 1, &value);
	else if (!skip_word(&p, "NULL"))
		return NULL;
	if (p)
		add(parameters, value);
	return p;
}

bool log_parameters_read(const char *detail, struct log_parameters *ret)
{
	struct log_parameters parameters = {0};
	const char *p = detail;

	if ((skip_word(&p, "parameters: ") || skip_word(&p, "Parameters: "))) {
		do
			p = read_one(p, &parameters);
		while (p && skip_word(&p, ", "));
		if (p && *p == '\0') {
			*ret = parameters;
			return true;
		}
	}
	log_parameters_release(&parameters);
	*ret = parameters;
	return false;
}

void log_parameters_release(struct log_parameters *parameters)
{
	for (size_t i = 0; i < parameters->n; i++)
		free(parameters->items[i]);
	free(parameters->items);
	*parameters = (struct log_parameters){0};
}
