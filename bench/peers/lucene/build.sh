#!/bin/sh
# Builds the Lucene driver and writes a program that runs it: build.sh BUILD PROGRAM
#
# Lucene 10 needs Java 21. Where only an older Java is to be had, Lucene 9.12.3, the
# last one for it, is taken, and the driver's "version" says so.
set -eu
build=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)

major() { "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'; }

best=0 home=
for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
  [ -x "$jdk/bin/javac" ] || continue
  have=$(major "$jdk")
  if [ "${have:-0}" -gt "$best" ]; then best=$have home=$jdk; fi
done
[ -n "$home" ] || { echo "no JDK found" >&2; exit 1; }
options=
[ "$best" -ge 21 ] || options="-Dlucene.version=9.12.3 -Dmaven.compiler.release=11"
mkdir -p "$build" "$(dirname "$program")"
# shellcheck disable=SC2086 # options are words
JAVA_HOME=$home mvn -q -B -f "$here/pom.xml" -Dbench.build="$build" $options clean compile
vectors=
[ "$best" -lt 21 ] || vectors="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
cat > "$program.new" <<END
#!/bin/sh
exec '$home/bin/java' -Xms1g -Xmx1g -XX:+UseSerialGC $vectors -cp '$build/classes:$build/lib/*' Lucene "\$@"
END
chmod +x "$program.new"
mv "$program.new" "$program"
