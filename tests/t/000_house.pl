# The house stays as drawn: a room includes only the rooms that harness/CMakeLists.txt gives it,
# and foreign types stay in the room that owns them.
use strict;
use warnings;
use File::Basename qw(basename);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use Test::More;

my $root = $ENV{PGREHEARSE_ROOT} // '.';

# room(bind ROOMS base model sql pg LIBRARIES ...)
my %allowed;
my $cmake = slurp("$root/harness/CMakeLists.txt");
while ($cmake =~ /^room\((\w+)([^)]*)\)/mg)
{
	my ($room, $rest) = ($1, $2);
	my ($rooms) = $rest =~ /ROOMS((?:\s+[a-z]+)*)/;
	$allowed{$room} = { map { $_ => 1 } $room, split ' ', $rooms // '' };
}
ok(keys %allowed >= 11, 'the rooms are listed in harness/CMakeLists.txt');

my %owner = ('libpq-fe.h' => 'pg', 'pg_query.h' => 'sql', 'libfyaml.h' => 'model', 'zlib.h' => 'measure|capture');
my @trespasses;
my @strangers;
for my $room (sort keys %allowed)
{
	for my $path (glob "$root/harness/$room/*.[ch]")
	{
		my $text = slurp($path);
		while ($text =~ /^#include\s+"(\w+)\//mg)
		{
			push @trespasses, "$room/" . basename($path) . " includes $1/" unless $allowed{$room}{$1};
		}
		while ($text =~ /^#include\s+[<"]([\w.-]+)[>"]/mg)
		{
			push @strangers, "$room/" . basename($path) . " includes $1"
			  if $owner{$1} && $room !~ /^(?:$owner{$1})$/;
		}
	}
}
is_deeply(\@trespasses, [], 'no room includes one that comes later');
is_deeply(\@strangers, [], 'libpq, libpg_query, libfyaml and zlib stay in their rooms');

# Names that libpg_query exports without a prefix would collide at link time.
my @collisions;
for my $path (glob "$root/harness/*/*.h")
{
	my $text = slurp($path);
	push @collisions, "$path: $1" while $text =~ /^\w[\w\s*]*\b((?:list|hash|pg)_\w+)\(/mg;
}
is_deeply(\@collisions, [], 'no public name begins with list_, hash_ or pg_');

done_testing();
