// The SDK prints a notice about future versions on Node 20 at its first use; test output stays readable without it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
