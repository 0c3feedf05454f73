# How bloated B-trees are: pgstatindex where the extension is there, an estimate where it is not, and
# both agree with what a rebuild gives back; a REINDEX shows it.
use strict;
use warnings FATAL => 'all';

use GateTest;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $node = staging('staging', "shared_preload_libraries = 'pg_stat_statements'\n");
# Every fifth row stays, so pages keep a fifth of their entries: 80% of each index is bloat. The
# fresh ones have none: narrow and wide keys, nulls, several columns, an expression, many duplicates.
$node->safe_psql('shop', <<'SQL');
CREATE TABLE thin (id int PRIMARY KEY, word text NOT NULL, kind int NOT NULL);
INSERT INTO thin SELECT n, md5(n::text), n % 40 FROM generate_series(1, 60000) n;
CREATE INDEX thin_word ON thin (word);
CREATE INDEX thin_kind ON thin (kind);
CREATE TABLE fresh (id int PRIMARY KEY, word text NOT NULL, hole int, kind int NOT NULL);
INSERT INTO fresh SELECT n, md5(n::text), CASE WHEN n % 3 > 0 THEN n END, n % 40
  FROM generate_series(1, 20000) n;
CREATE INDEX fresh_word ON fresh (word);
CREATE INDEX fresh_hole ON fresh (hole);
CREATE INDEX fresh_two ON fresh (id, word);
CREATE INDEX fresh_kind ON fresh (kind);
CREATE INDEX fresh_upper ON fresh (upper(word));
CREATE INDEX fresh_loose ON fresh (id) WITH (fillfactor = 60);
DELETE FROM thin WHERE id % 5 > 0;
VACUUM ANALYZE;
SQL

my $workload = workload_file([ 'by word', 'SELECT id FROM thin WHERE word = $1' ]);
my $bound = '{metric: index.bloat, scope: "index:public.thin_word", max_ratio: 0.3}';

sub try
{
	my $r = gate(gate_file($node,
		workload => $workload,
		up => "REINDEX INDEX CONCURRENTLY thin_word;\nREINDEX INDEX CONCURRENTLY thin_kind;\n",
		replay => '{rate: 40/s, time: 1s, clients: 2}',
		thresholds => "\n  - $bound\n  - {metric: errors.rate, max: 0.1%}"));
	passes($r, "the rebuild passes: $_[0]") or BAIL_OUT("no run: $r->{err}");
	return ($r, map { $_->{name} =~ s/^public\.//r => $_->{arms} } @{ $r->{run}{indexes} });
}

sub about
{
	my ($got, $wanted, $what) = @_;
	return ok(defined $got && abs($got - $wanted) < 0.06, $what)
	  || diag sprintf '%s, expected %.2f', $got // 'unknown', $wanted;
}

my ($r, %index) = try('estimated');
for my $name (sort keys %index)
{
	next unless $name =~ /^(thin|fresh)/;
	my $base = $index{$name}{baseline};
	ok(!$base->{bloat_measured}, "$name: nothing was installed on the clone");
	# Of the rebuilt ones the truth is known: what the rebuild gave back.
	my $truth = $name =~ /^thin/ && $name ne 'thin_pkey'
	  ? 1 - $index{$name}{candidate}{size_bytes} / $base->{size_bytes} : $name =~ /^thin/ ? 0.8 : 0;
	about($base->{bloat}, $truth, "$name: the estimate is right");
}
about($index{thin_word}{candidate}{bloat}, 0, 'no bloat after the rebuild');
like($r->{err}, qr/thin_word +rebuilt;\s+size.*→.*bloat\s+\d+\S*%\s+→/s, 'the terminal shows the rebuild') or diag $r->{err};
for my $file ('report.md', 'report.html')
{
	like(slurp_file("$r->{dir}/$file"), qr/Bloat/, "$file shows bloat");
}

SKIP:
{
	skip 'pgstattuple is not to be had', 20
	  if $node->psql('shop', 'CREATE EXTENSION pgstattuple') != 0;
	($r, %index) = try('measured');
	for my $name (sort keys %index)
	{
		next unless $name =~ /^(thin|fresh)/;
		my $base = $index{$name}{baseline};
		ok($base->{bloat_measured}, "$name: measured");
		my $truth = $name =~ /^thin/ && $name ne 'thin_pkey'
		  ? 1 - $index{$name}{candidate}{size_bytes} / $base->{size_bytes} : $name =~ /^thin/ ? 0.8 : 0;
		about($base->{bloat}, $truth, '... and right');
	}
}

done_testing();
