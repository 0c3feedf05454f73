/*
 * types: the type OIDs of PostgreSQL's own types that bind treats specially (pg_type.dat; they
 * have not changed since 1996 and cannot).
 */
#ifndef BIND_TYPES_H
#define BIND_TYPES_H

enum type_oid {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_OID = 26,
	TYPE_JSON = 114,
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_INET = 869,
	TYPE_INT4_ARRAY = 1007,
	TYPE_TEXT_ARRAY = 1009,
	TYPE_BPCHAR = 1042,
	TYPE_VARCHAR = 1043,
	TYPE_DATE = 1082,
	TYPE_TIME = 1083,
	TYPE_TIMESTAMP = 1114,
	TYPE_TIMESTAMPTZ = 1184,
	TYPE_INTERVAL = 1186,
	TYPE_NUMERIC = 1700,
	TYPE_UUID = 2950,
	TYPE_INT4RANGE = 3904,
	TYPE_NUMRANGE = 3906,
	TYPE_TSRANGE = 3908,
	TYPE_TSTZRANGE = 3910,
	TYPE_DATERANGE = 3912,
	TYPE_INT8RANGE = 3926,
	TYPE_TSQUERY = 3615,
	TYPE_REGCONFIG = 3734,
	TYPE_JSONB = 3802,
	TYPE_JSONPATH = 4072,
};

/* Types above belong to a database and may have another number in a copy of it. */
#define TYPE_FIRST_USER 16384

#endif
