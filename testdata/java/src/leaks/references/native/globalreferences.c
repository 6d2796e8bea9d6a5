/* Native code that forgets DeleteGlobalRef. */
#include <jni.h>

JNIEXPORT void JNICALL Java_GlobalReferences_global(JNIEnv *e, jclass c, jobject o) { (*e)->NewGlobalRef(e, o); }
