"""The programs that run on the graphics processor: spheres and cell edges.  GLSL 3.30 and GLSL ES 3.00.

A sphere is a square that faces the eye; its fragment program finds where the line of sight meets the
sphere, and writes that point's depth, so that spheres cut each other and the cell's edges exactly.

What differs between pictures is a word that is defined or not, and not a uniform: a processor that draws
in software computes both sides of every branch.  The words are PERSPECTIVE; SOFT, for silhouettes that
fade over one pixel by the number of samples covered; and IDENTITIES, for the number of the sphere in place
of its colour.
"""

from __future__ import annotations

#: First lines of every program, for desktop OpenGL 3.3 and for OpenGL ES 3.0.
DESKTOP_HEADER = "#version 330 core\n"
EMBEDDED_HEADER = "#version 300 es\nprecision highp float;\nprecision highp int;\n"

SPHERE_VERTEX = """
layout(location = 0) in vec2 corner;      // of a square, -1 to 1
layout(location = 1) in vec4 sphere;      // centre and radius, angstrom, relative to the scene's centre
layout(location = 2) in vec4 paint;
uniform mat4 view;
uniform mat4 projection;
uniform float nearest;                    // in perspective, spheres that reach nearer to the eye are left out
uniform float pixel;                      // size: angstrom, or angstrom at distance 1 in perspective
uniform int selected;
uniform vec4 selected_paint;
flat out vec3 centre;
flat out float radius;
flat out vec4 colour;
flat out int number;
out vec3 seen;
void main() {
    centre = (view * vec4(sphere.xyz, 1.0)).xyz;
    radius = sphere.w;
    number = gl_InstanceID;
    colour = number == selected ? selected_paint : paint;
    float room = 0.0;
#ifdef PERSPECTIVE
    if (-centre.z - radius <= nearest) {
        seen = vec3(0.0);
        gl_Position = vec4(0.0, 0.0, 2.0, 1.0);  // outside of what is drawn
        return;
    }
    float away = length(centre);
#ifdef SOFT
    room = pixel * away;
#endif
    // The cone of the lines of sight that touch the sphere, cut at right angles at the nearest point.
    vec3 towards = -centre / away;
    vec3 helper = abs(towards.y) < 0.99 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0);
    vec3 first = normalize(cross(helper, towards));
    vec3 second = cross(towards, first);
    float enlarged = min(radius + room, 0.999 * away);
    float opening = enlarged / sqrt(away * away - enlarged * enlarged);
    seen = centre + towards * radius + (first * corner.x + second * corner.y) * opening * (away - radius);
#else
#ifdef SOFT
    room = pixel;
#endif
    seen = centre + vec3(corner * (radius + room), radius);
#endif
    gl_Position = projection * vec4(seen, 1.0);
    gl_Position.z = 0.0;  // the depth comes from the fragments: a square is never cut off in front
}
"""

SPHERE_FRAGMENT = """
flat in vec3 centre;
flat in float radius;
flat in vec4 colour;
flat in int number;
in vec3 seen;
uniform vec4 depth_terms;    // of the projection: (a z + b) / (c z + d)
uniform float pixel;         // size of a pixel: angstrom, or angstrom at distance 1 in perspective
uniform vec3 light;
out vec4 result;
void main() {
    // From the foot of the perpendicular on the line of sight: differences of large squares lose the edge.
#ifdef PERSPECTIVE
    vec3 direction = normalize(seen);
    float along = dot(centre, direction);
    vec3 foot = along * direction - centre;
    float size = pixel * along;
#else
    const vec3 direction = vec3(0.0, 0.0, -1.0);
    vec3 foot = vec3(seen.xy - centre.xy, 0.0);
    float size = pixel;
#endif
    float square = radius * radius - dot(foot, foot);
#ifdef SOFT
    float coverage = (radius - length(foot)) / size + 0.5;
    if (coverage <= 0.0) discard;
    coverage = min(coverage, 1.0);
#else
    if (square < 0.0) discard;
    const float coverage = 1.0;
#endif
    vec3 offset = foot - sqrt(max(square, 0.0)) * direction;
    float z = centre.z + offset.z;
#ifdef PERSPECTIVE
    gl_FragDepth = 0.5 * (depth_terms.x * z + depth_terms.y) / (depth_terms.z * z + depth_terms.w) + 0.5;
#else
    gl_FragDepth = 0.5 * (depth_terms.x * z + depth_terms.y) + 0.5;
#endif
#ifdef IDENTITIES
    result = vec4(ivec4(number & 255, (number >> 8) & 255, (number >> 16) & 255, 255)) / 255.0;
#else
    vec3 normal = offset / radius;
    float facing = clamp(-dot(normal, direction) / RIM_COSINE, 0.0, 1.0);
    float rim = mix(RIM_BRIGHTNESS, 1.0, facing * facing * (3.0 - 2.0 * facing));
    float matt = (AMBIENT + DIFFUSE * max(dot(normal, light), 0.0)) * rim;
    float mirrored = max(dot(normal, normalize(light - direction)), 0.0);
    float eighth = mirrored * mirrored;
    eighth *= eighth;
    eighth *= eighth;
    float fortieth = eighth * eighth;
    fortieth *= fortieth * eighth;
    result = vec4(colour.rgb * matt + SPECULAR * fortieth, coverage);
#endif
}
"""

EDGE_VERTEX = """
layout(location = 0) in vec2 corner;
layout(location = 1) in vec3 from;
layout(location = 2) in vec3 to;
uniform mat4 view;
uniform mat4 projection;
uniform float nearest;
uniform vec2 window;         // pixels
uniform float thickness;     // pixels
uniform float lift;          // angstrom by which the depth is that of a nearer line
void main() {
    vec3 a = (view * vec4(from, 1.0)).xyz;
    vec3 b = (view * vec4(to, 1.0)).xyz;
#ifdef PERSPECTIVE
    // An end that lies beside or behind the eye has no place in the window.
    if (-a.z < nearest && -b.z < nearest) {
        gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
        return;
    }
    if (-a.z < nearest) a = mix(b, a, (nearest + b.z) / (b.z - a.z));
    if (-b.z < nearest) b = mix(a, b, (nearest + a.z) / (a.z - b.z));
#endif
    vec4 start = projection * vec4(a, 1.0);
    vec4 end = projection * vec4(b, 1.0);
    vec2 along = (end.xy / end.w - start.xy / start.w) * window;
    along = length(along) > 1e-6 ? normalize(along) : vec2(1.0, 0.0);
    vec2 shift = along * corner.x + vec2(-along.y, along.x) * corner.y;
    gl_Position = corner.x < 0.0 ? start : end;
    gl_Position.xy += shift * thickness / window * gl_Position.w;
    // Its place in the window stays; only what hides it changes.
    vec3 lifted = corner.x < 0.0 ? a : b;
#ifdef PERSPECTIVE
    lifted.z = min(lifted.z + lift, -nearest);
#else
    lifted.z += lift;
#endif
    vec4 nearer = projection * vec4(lifted, 1.0);
    gl_Position.z = nearer.z / nearer.w * gl_Position.w;
}
"""

EDGE_FRAGMENT = """
uniform vec4 colour;
out vec4 result;
void main() {
#ifdef IDENTITIES
    result = vec4(1.0);
#else
    result = colour;
#endif
}
"""
