/* Where a workload comes from: shared by workload.json and run.json. */
#include "model/workload.h"

#include "base/json.h"
#include "base/mem.h"

#include <limits.h>
#include <math.h>

void workload_source_release(struct workload_source *source)
{
	free(source->kind);
	free(source->system_identifier);
	free(source->database);
	free(source->role);
	free(source->search_path);
	free(source->captured_at);
	workload_settings_release(source->settings, source->n_settings);
	for (size_t i = 0; i < source->n_relations; i++)
		free(source->relations[i].name);
	free(source->relations);
	*source = (struct workload_source){0};
}

void workload_settings_release(struct workload_setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(settings[i].name);
		free(settings[i].value);
	}
	free(settings);
}

void workload_settings_load(struct json_reader *r, const json_t *object,
    struct workload_setting **ret, size_t *ret_n, size_t *ret_cap)
{
	const json_t *settings = json_get_object(r, object, "settings");
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)settings, name, value) {
		if (!json_is_string(value)) {
			json_reject(r, "settings", "must hold strings; \"%.60s\" is not one", name);
			return;
		}
		GROW(*ret, *ret_n, *ret_cap);
		(*ret)[(*ret_n)++] = (struct workload_setting){
		    .name = xstrdup(name),
		    .value = xstrdup(json_string_value(value)),
		};
	}
}

json_t *workload_settings_to_json(const struct workload_setting *settings, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, settings[i].name, json_text(settings[i].value));
	return object;
}

static void load_relation(struct json_reader *r, const json_t *object, void *ctx)
{
	struct workload_source *source = ctx;
	struct workload_relation *relation;

	GROW(source->relations, source->n_relations, source->cap_relations);
	relation = &source->relations[source->n_relations++];
	relation->name = xstrdup(json_need_string(r, object, "name"));
	relation->reltuples = json_get_double(r, object, "reltuples", -1);
	relation->relpages = json_get_amount(r, object, "relpages", 0);
}

void workload_source_load(struct json_reader *r, const json_t *object, struct workload_source *ret)
{
	ret->kind = xstrdup(json_need_string(r, object, "kind"));
	ret->server_version_num = (int)json_get_int_in(r, object, "server_version_num", 0, INT_MAX, 0);
	ret->system_identifier = json_dup_string(r, object, "system_identifier");
	ret->database = json_dup_string(r, object, "database");
	ret->role = json_dup_string(r, object, "role");
	ret->search_path = json_dup_string(r, object, "search_path");
	ret->captured_at = json_dup_string(r, object, "captured_at");
	ret->window_s = json_get_amount(r, object, "window_s", 0);
	ret->since_reset = json_get_bool(r, object, "since_reset", false);
	ret->dealloc = json_get_amount(r, object, "dealloc", NAN);
	ret->lost_time_share = json_get_amount(r, object, "lost_time_share", 0);
	workload_settings_load(r, object, &ret->settings, &ret->n_settings, &ret->cap_settings);
	json_each(r, object, "relations", load_relation, ret);
}

json_t *workload_source_to_json(const struct workload_source *source)
{
	json_t *object = json_object();
	json_t *relations = json_array();

	json_object_set_new(object, "kind", json_text(source->kind ? source->kind : ""));
	json_object_set_new(object, "server_version_num", json_integer(source->server_version_num));
	json_set_known(object, "system_identifier", json_text(source->system_identifier));
	json_set_known(object, "database", json_text(source->database));
	json_set_known(object, "role", json_text(source->role));
	json_set_known(object, "search_path", json_text(source->search_path));
	json_set_known(object, "captured_at", json_text(source->captured_at));
	json_set_known(object, "window_s", json_number(source->window_s));
	json_object_set_new(object, "since_reset", json_boolean(source->since_reset));
	json_set_known(object, "dealloc", json_number(source->dealloc));
	json_set_known(object, "lost_time_share", json_number(source->lost_time_share));
	json_object_set_new(
	    object, "settings", workload_settings_to_json(source->settings, source->n_settings));
	for (size_t i = 0; i < source->n_relations; i++) {
		const struct workload_relation *relation = &source->relations[i];
		json_t *item = json_object();

		json_object_set_new(item, "name", json_text(relation->name));
		json_object_set_new(item, "reltuples", json_number(relation->reltuples));
		json_object_set_new(item, "relpages", json_number(relation->relpages));
		json_array_append_new(relations, item);
	}
	json_object_set_new(object, "relations", relations);
	return object;
}
