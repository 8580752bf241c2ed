#!/usr/bin/env bash
# Draws the demo's media: 16 seconds of a moving test picture with sound, in two renditions.
#
#   demo/make-media.sh [FOLDER]      default: the folder `media` beside this script, replaced as a whole
#
# Needs ffmpeg with libx264 and drawtext, and the DejaVu fonts (Debian: ffmpeg, fonts-dejavu-core).
# The result is committed, so nobody needs this script to run the demo. The same ffmpeg draws the same bytes.
#
# What it promises, because the live playlist and the tests lean on it:
#   - eight segments of exactly 2 s of video, each beginning with a key frame, at the same times in both renditions;
#   - equal segment names in both renditions (360p/000.ts, 720p/000.ts): a cache that forgets the folder mixes them up;
#   - everything moves with a period that divides 16 s, so a loop shows no seam;
#   - the ball touches the floor exactly when the tone sounds, so that sound and picture can be seen to agree.
set -euo pipefail

media=${1:-"$(cd "$(dirname "$0")" && pwd)/media"}
readonly loop_secs=16 segment_secs=2 frames_per_sec=25

# One frame of night blue whose colours come round over its width: it scrolls around once per loop without a seam.
backdrop() { # width height
  local period="2*PI*X/$1"
  echo "color=black:s=$1x$2:r=$frames_per_sec:d=0.04,format=gbrp,geq=\
r='26+14*cos($period)+18*Y/$2':\
g='34+16*cos($period+2)+26*Y/$2':\
b='66+34*cos($period+1)+44*Y/$2',\
loop=loop=-1:size=1,setpts=N/$frames_per_sec/TB,scroll=h=1/$((loop_secs * frames_per_sec)),format=yuv420p"
}

# A shaded ball on a transparent ground.
ball() { # diameter
  local from_centre="hypot(X-$1/2,Y-$1/2)" from_light="hypot(X-$1*0.36,Y-$1*0.32)"
  echo "color=black:s=$1x$1:r=$frames_per_sec:d=0.04,format=gbrap,geq=\
r='clip(255-$from_light*150/$1,60,255)':\
g='clip(225-$from_light*260/$1,50,255)':\
b='clip(120-$from_light*150/$1,30,255)':\
a='255*clip($1/2-$from_centre,0,1)',\
loop=loop=-1:size=1,setpts=N/$frames_per_sec/TB,format=yuva420p"
}

# Colour bars that march along the floor, once around per loop.
bars() { # width height
  echo "smptehdbars=s=$1x$((${2} * 12)):r=$frames_per_sec,crop=$1:$2:0:0,scroll=h=1/$((loop_secs * frames_per_sec))"
}

# One soft note per second from a pentatonic row that comes round with the loop; 10 ms of attack keeps it from clicking.
tone() {
  local row='523.25,587.33,659.25,783.99,880,783.99,659.25,587.33' note index=0 pitch='0'
  for note in ${row//,/ }; do
    pitch+="+$note*eq(mod(floor(t),8),$index)"
    index=$((index + 1))
  done
  local envelope="min(1,mod(t,1)*100)*exp(-5*mod(t,1))"
  local left="0.30*$envelope*(sin(2*PI*($pitch)*t)+0.3*sin(4*PI*($pitch)*t))"
  echo "aevalsrc='$left|$left':s=48000:c=stereo"
}

draw() { # name width height profile level video_kbps
  local name=$1 width=$2 height=$3 profile=$4 level=$5 kbps=$6
  local floor=$((height * 78 / 100)) strip=$((height / 12 / 2 * 2)) diameter=$((height / 6 / 2 * 2))
  local text="fontcolor=0xF5F5F5:shadowcolor=black@0.6:shadowx=2:shadowy=2"
  local margin="h/18"
  mkdir -p "$media/$name"
  ffmpeg -hide_banner -loglevel error -nostdin -y \
    -filter_complex "
      $(backdrop "$width" "$height")[backdrop];
      $(ball "$diameter")[ball];
      $(bars "$width" "$strip")[bars];
      $(tone)[sound];
      [backdrop][bars]overlay=x=0:y=$floor[stage];
      [stage][ball]overlay=x='(W-w)/2*(1+0.82*sin(2*PI*t/$loop_secs))':y='$floor-h-(H*0.42)*abs(sin(PI*t))',
      drawtext=font='DejaVu Sans':text='StreamGate':fontsize=h/16:x=$margin:y=$margin:$text,
      drawtext=font='DejaVu Sans':text='$name':fontsize=h/12:x=w-tw-$margin:y=$margin:$text:box=1:boxcolor=0x2563EB:boxborderw=$((height / 60)),
      drawtext=font='DejaVu Sans Mono':text='%{pts\:hms}':fontsize=h/7:x=(w-tw)/2:y=h/5:$text,
      drawtext=font='DejaVu Sans':text='ball and tone meet on every second':fontsize=h/28:x=$margin:y=h-th-$margin:$text,
      format=yuv420p[picture]" \
    -map '[picture]' -map '[sound]' -t "$loop_secs" \
    -c:v libx264 -profile:v "$profile" -level:v "$level" -preset veryslow -x264-params threads=1 \
    -b:v "${kbps}k" -maxrate "$((kbps * 3 / 2))k" -bufsize "$((kbps * 2))k" \
    -g "$((segment_secs * frames_per_sec))" -keyint_min "$((segment_secs * frames_per_sec))" -sc_threshold 0 -flags +cgop+bitexact \
    -color_primaries bt709 -color_trc bt709 -colorspace bt709 \
    -c:a aac -b:a 64k -fflags +bitexact \
    -f hls -hls_time "$segment_secs" -hls_playlist_type vod -hls_flags independent_segments \
    -hls_segment_type mpegts -hls_segment_options mpegts_flags=+resend_headers:mpegts_copyts=1 -hls_segment_filename "$media/$name/%03d.ts" \
    "$media/$name/index.m3u8"
}

# BANDWIDTH is the rate of the largest segment and AVERAGE-BANDWIDTH that of all, as RFC 8216 4.3.4.2 wants them.
variant() { # name width height codecs
  local sizes
  sizes=$(wc -c "$media/$1"/*.ts)
  awk -v name="$1" -v resolution="$2x$3" -v codecs="$4" -v segment="$segment_secs" -v loop="$loop_secs" -v rate="$frames_per_sec" '
    $2 == "total" { all = $1; next }
    $1 > largest { largest = $1 }
    END {
      printf "#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,RESOLUTION=%s,FRAME-RATE=%.3f,CODECS=\"%s\"\n%s/index.m3u8\n", \
        largest * 8 / segment, all * 8 / loop, resolution, rate, codecs, name
    }' <<<"$sizes"
}

rm -rf "$media"
draw 360p 640 360 main 3.0 260
draw 720p 1280 720 high 3.1 700
{
  printf '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n'
  variant 360p 640 360 avc1.4d401e,mp4a.40.2
  variant 720p 1280 720 avc1.64001f,mp4a.40.2
} >"$media/stream.m3u8"
du -sh "$media"
