// The Python with which tests start programs.
import process from "node:process";

export const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";
