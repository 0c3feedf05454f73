#include "model/yaml.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <libfyaml.h>
#include <string.h>

#define MAX_DEPTH 16
#define MAX_NODES 20000

struct reader {
	const char *file;
	struct fy_parser *parser;
	struct fy_diag *diag;
	struct fy_event *event; /* the one looked at */
	size_t n_nodes;
	struct err *err;
};

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	           strcmp(node->text, "null") == 0);
}

const char *yaml_describe(const struct yaml_node *node)
{
	if (node->kind == YAML_MAPPING)
		return "a mapping";
	if (node->kind == YAML_SEQUENCE)
		return "a list";
	return yaml_is_null(node) ? "nothing" : "text";
}

void yaml_node_free(struct yaml_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->n_children; i++)
		yaml_node_free(node->children[i]);
	free(node->children);
	free(node->text);
	free(node->key);
	free(node);
}

/* The parser's own complaint. */
static int fail_syntax(struct reader *r)
{
	void *iterator = NULL;
	const struct fy_diag_error *error = fy_diag_errors_iterate(r->diag, &iterator);

	if (!error)
		return err_set(r->err, ERR_USAGE, "%s: not valid YAML: it ends too early", r->file);
	return err_set(r->err, ERR_USAGE, "%s:%d:%d: not valid YAML: %s", r->file, error->line,
	    error->column, error->msg);
}

static int advance(struct reader *r)
{
	if (r->event)
		fy_parser_event_free(r->parser, r->event);
	r->event = fy_parser_parse(r->parser);
	return r->event ? 0 : fail_syntax(r);
}

static void place(const struct fy_token *token, int *ret_line, int *ret_column)
{
	const struct fy_mark *mark = token ? fy_token_start_mark((struct fy_token *)token) : NULL;

	*ret_line = mark ? mark->line + 1 : 1;
	*ret_column = mark ? mark->column + 1 : 1;
}

static int refuse(struct reader *r, const struct fy_token *token, const char *what)
{
	int line, column;

	place(token, &line, &column);
	return err_set(r->err, ERR_USAGE, "%s:%d:%d: %s", r->file, line, column, what);
}

static int check_decoration(
    struct reader *r, const struct fy_token *anchor, const struct fy_token *tag)
{
	if (anchor)
		return refuse(r, anchor, "anchors (&) and aliases (*) are not supported; repeat the value");
	if (tag)
		return refuse(r, tag, "tags (!) are not supported; leave it out");
	return 0;
}

static int copy_text(struct reader *r, struct fy_token *token, char **ret)
{
	size_t len = 0;
	const char *text = fy_token_get_text(token, &len);

	if (text && memchr(text, '\0', len))
		return refuse(r, token, "the text holds a NUL character");
	*ret = xstrndup(text ? text : "", text ? len : 0);
	return 0;
}

static int read_node(struct reader *r, int depth, struct yaml_node **ret);

static int read_key(struct reader *r, struct yaml_node *mapping, char **ret_key)
{
	struct fy_token *token;

	if (r->event->type == FYET_ALIAS)
		return check_decoration(r, r->event->alias.anchor, NULL);
	if (r->event->type != FYET_SCALAR)
		return err_set(r->err, ERR_USAGE, "%s:%d:%d: a key of this mapping is not a word", r->file,
		    mapping->line, mapping->column);
	token = r->event->scalar.value;
	if (check_decoration(r, r->event->scalar.anchor, r->event->scalar.tag) < 0 ||
	    copy_text(r, token, ret_key) < 0)
		return ERR_USAGE;
	for (size_t i = 0; i < mapping->n_children; i++) {
		const struct yaml_node *other = mapping->children[i];
		int line, column;

		if (strcmp(other->key, *ret_key) != 0)
			continue;
		place(token, &line, &column);
		return err_set(r->err, ERR_USAGE, "%s:%d:%d: \"%.60s\" is given twice (first in line %d)",
		    r->file, line, column, *ret_key, other->key_line);
	}
	return 0;
}

static void add_child(struct yaml_node *parent, struct yaml_node *child)
{
	GROW(parent->children, parent->n_children, parent->cap_children);
	parent->children[parent->n_children++] = child;
}

/* After MAPPING-START, up to and including MAPPING-END. */
static int read_mapping(struct reader *r, int depth, struct yaml_node *mapping)
{
	while (advance(r) == 0) {
		_cleanup_free_ char *key = NULL;
		struct yaml_node *child;
		int line, column;

		if (r->event->type == FYET_MAPPING_END)
			return 0;
		if (read_key(r, mapping, &key) < 0)
			return ERR_USAGE;
		place(r->event->scalar.value, &line, &column);
		if (advance(r) < 0 || read_node(r, depth + 1, &child) < 0)
			return ERR_USAGE;
		child->key = xstrdup(key);
		child->key_line = line;
		child->key_column = column;
		if (child->kind == YAML_SCALAR && child->text[0] == '\0' && !child->quoted) {
			child->line = line; /* an empty value has no place of its own */
			child->column = column;
		}
		add_child(mapping, child);
	}
	return ERR_USAGE;
}

static int read_sequence(struct reader *r, int depth, struct yaml_node *sequence)
{
	while (advance(r) == 0) {
		struct yaml_node *child;

		if (r->event->type == FYET_SEQUENCE_END)
			return 0;
		if (read_node(r, depth + 1, &child) < 0)
			return ERR_USAGE;
		add_child(sequence, child);
	}
	return ERR_USAGE;
}

static int read_scalar(struct reader *r, struct yaml_node *node)
{
	struct fy_token *token = r->event->scalar.value;

	place(token, &node->line, &node->column);
	node->quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
	if (check_decoration(r, r->event->scalar.anchor, r->event->scalar.tag) < 0)
		return ERR_USAGE;
	return copy_text(r, token, &node->text);
}

static int read_content(struct reader *r, int depth, struct yaml_node *node)
{
	const struct fy_event *event = r->event;

	switch (event->type) {
	case FYET_SCALAR:
		return read_scalar(r, node);
	case FYET_MAPPING_START:
		node->kind = YAML_MAPPING;
		place(event->mapping_start.mapping_start, &node->line, &node->column);
		if (check_decoration(r, event->mapping_start.anchor, event->mapping_start.tag) < 0)
			return ERR_USAGE;
		return read_mapping(r, depth, node);
	case FYET_SEQUENCE_START:
		node->kind = YAML_SEQUENCE;
		place(event->sequence_start.sequence_start, &node->line, &node->column);
		if (check_decoration(r, event->sequence_start.anchor, event->sequence_start.tag) < 0)
			return ERR_USAGE;
		return read_sequence(r, depth, node);
	case FYET_ALIAS:
		return check_decoration(r, event->alias.anchor, NULL);
	default:
		return err_set(r->err, ERR_USAGE, "%s: the file holds no settings", r->file);
	}
}

/* The node that starts at the current event; leaves its last event current. */
static int read_node(struct reader *r, int depth, struct yaml_node **ret)
{
	struct yaml_node *node;

	if (depth > MAX_DEPTH || ++r->n_nodes > MAX_NODES)
		return err_set(r->err, ERR_USAGE, "%s: nested deeper than %d levels or over %d entries",
		    r->file, MAX_DEPTH, MAX_NODES);
	node = xcalloc(1, sizeof(*node));
	if (read_content(r, depth, node) < 0) {
		yaml_node_free(node);
		return ERR_USAGE;
	}
	*ret = node;
	return 0;
}

/* STREAM-START DOCUMENT-START node DOCUMENT-END STREAM-END */
static int read_stream(struct reader *r, struct yaml_node **ret)
{
	struct yaml_node *root;

	if (advance(r) < 0 || advance(r) < 0)
		return ERR_USAGE;
	if (r->event->type != FYET_DOCUMENT_START)
		return err_set(r->err, ERR_USAGE, "%s: the file is empty", r->file);
	if (advance(r) < 0 || read_node(r, 0, &root) < 0)
		return ERR_USAGE;
	if (advance(r) == 0 && advance(r) == 0) {
		if (r->event->type == FYET_STREAM_END) {
			*ret = root;
			return 0;
		}
		refuse(r, r->event->document_start.document_start,
		    "a second document starts here; the file must hold one");
	}
	yaml_node_free(root);
	return ERR_USAGE;
}

static int check_bytes(const char *file, const char *text, size_t len, struct err *err)
{
	size_t bad = utf8_valid_bytes(text, len);
	const char *nul = memchr(text, '\0', bad);
	int line = 1;

	if (len > YAML_MAX_BYTES)
		return err_set(err, ERR_USAGE, "%s is larger than %zu bytes", file, YAML_MAX_BYTES);
	if (nul)
		bad = (size_t)(nul - text);
	if (bad == len)
		return 0;
	for (size_t i = 0; i < bad; i++)
		line += text[i] == '\n';
	return err_set(err, ERR_USAGE, "%s:%d: %s", file, line,
	    nul ? "a NUL byte: this is not a text file" : "not valid UTF-8");
}

int yaml_parse(
    const char *file, const char *text, size_t len, struct yaml_node **ret, struct err *err)
{
	struct reader r = {.file = file, .err = err};
	struct fy_diag_cfg diag_config;
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG};
	int rc;

	if (check_bytes(file, text, len, err) < 0)
		return ERR_USAGE;
	fy_diag_cfg_default(&diag_config);
	diag_config.fp = NULL;
	r.diag = fy_diag_create(&diag_config);
	fy_diag_set_collect_errors(r.diag, true);
	config.diag = r.diag;
	r.parser = fy_parser_create(&config);
	if (!r.parser || fy_parser_set_string(r.parser, text, len) != 0)
		rc = err_set(err, ERR_BUG, "%s: the YAML parser does not start", file);
	else
		rc = read_stream(&r, ret);
	if (r.event)
		fy_parser_event_free(r.parser, r.event);
	fy_diag_set_collect_errors(r.diag, false); /* frees them */
	fy_parser_destroy(r.parser);
	fy_diag_unref(r.diag);
	return rc;
}

int yaml_load(const char *path, struct yaml_node **ret, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int rc = file_read(path, YAML_MAX_BYTES, &text, err);

	return rc < 0 ? rc : yaml_parse(path, text.data, text.len, ret, err);
}
