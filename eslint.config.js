import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist", "coverage", "node_modules", "eslint.config.js", "test/support/*.mjs"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers in messages are wanted everywhere; nothing else is stringified by accident.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `while (true)` with a return inside is the plainest form of a reading loop.
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "TSEnumDeclaration, PropertyDefinition[accessibility='private']",
          message: "Use unions and #private.",
        },
      ],
      "no-restricted-imports": [
        "error",
        {
          paths: [
            {
              name: "node:child_process",
              importNames: ["exec", "execSync"],
              message: "No shell anywhere: spawn a program with arguments.",
            },
          ],
        },
      ],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["src/cli/**", "script/**", "bench/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**", "bench/**"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
